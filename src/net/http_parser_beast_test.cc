// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/testing/beast_comparison.h"

namespace trireme::net {
namespace {

// Texts that a request is put together from; each list begins with the ordinary one.
const std::vector<std::string> kRequestLines = {
    "GET / HTTP/1.1\r\n",  "POST /a/b?c=d HTTP/1.1\r\n", "GET / HTTP/1.0\r\n",   "M-SEARCH /%20x HTTP/1.1\r\n",
    "GET  / HTTP/1.1\r\n", "GET / HTTP/1.1\n",           "GET /\t HTTP/1.1\r\n", "get /x HTTP/2.0\r\n"};
const std::vector<std::string> kHeaders = {"",
                                           "Host: h\r\n",
                                           "X: a\r\nx: b\r\nY:\t c \t\r\n",
                                           "Z:\xc3\xa9\r\n",
                                           "A : b\r\n",
                                           "A: b\r\n c\r\n",
                                           "A: b\nC: d\r\n",
                                           "Connection: close\r\n",
                                           "Expect: 100-continue\r\n",
                                           "A: \x01\r\n"};
const std::vector<std::string> kFramings = {"",
                                            "Content-Length: 5\r\n",
                                            "Content-Length: 5\r\nContent-Length: 5\r\n",
                                            "Content-Length: +5\r\n",
                                            "Content-Length: 5, 5\r\n",
                                            "Content-Length: 18446744073709551621\r\n",
                                            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                                            "Transfer-Encoding: chunked\r\n",
                                            "Transfer-Encoding: CHUNKED\r\n",
                                            "Transfer-Encoding: gzip, chunked\r\n",
                                            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"};
const std::vector<std::string> kBodies = {"",
                                          "hello",
                                          "5\r\nhello\r\n0\r\n\r\n",
                                          "05;a=b\r\nhello\r\n0\r\nT: u\r\n\r\nGET ",
                                          "5 \r\nhello\r\n0\r\n\r\n",
                                          "5\r\nhelloo\r\n0\r\n\r\n",
                                          "+5\r\nhello\r\n0\r\n\r\n",
                                          "5\nhello\r\n0\r\n\r\n",
                                          "ffffffffffffffff5\r\nhello\r\n0\r\n\r\n"};

TEST(RequestReaderAgainstBeast, WhatWeAcceptBeastReadsTheSame) {
  int accepted = 0;
  int total = 0;
  for (const std::string& line : kRequestLines) {
    for (const std::string& headers : kHeaders) {
      for (const std::string& framing : kFramings) {
        for (const std::string& body : kBodies) {
          const std::string text = line + "Host: h:80\r\n" + headers + framing + "\r\n" + body;
          ++total;
          const Opinion ours = OurOpinion(text, SIZE_MAX);
          if (!ours.accepted) continue;
          ++accepted;
          const Opinion beast = BeastsOpinion(text);
          ASSERT_TRUE(beast.accepted) << text << "\n" << beast.error;
          EXPECT_TRUE(Agrees(ours.request, beast.request)) << text;
        }
      }
    }
  }
  EXPECT_GT(accepted, 100);
  EXPECT_LT(accepted, total / 2);
}

// Where Beast is more lenient; http_parser.h says why we are not.
TEST(RequestReaderAgainstBeast, WeRefuseMoreOnPurpose) {
  for (const std::string text : {
           "GET / HTTP/1.1\r\n\r\n",                           // no Host
           "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",     // two
           "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n",  // a folded header
           "GET //a/../b HTTP/1.1\r\nHost: h\r\n\r\n",         // a second spelling of a path
           "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n",        // absolute form
           "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 00000000000000000000\r\n\r\n",
       }) {
    EXPECT_FALSE(OurOpinion(text, SIZE_MAX).accepted) << text;
    EXPECT_TRUE(BeastsOpinion(text).accepted) << text;
  }
}

}  // namespace
}  // namespace trireme::net
