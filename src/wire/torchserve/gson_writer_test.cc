// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/gson_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace trireme::torchserve {
namespace {

TEST(GsonWriter, PrintsAsGsonDoes) {
  GsonWriter json;
  json.BeginObject().Key("a").Integer(1).Key("b").BeginArray().Integer(2).Bool(true).EndArray();
  json.Key("c").BeginArray().EndArray().Key("d").BeginObject().EndObject();
  json.Key("e").BeginArray().BeginObject().Key("f").Null().EndObject().BeginArray().EndArray().EndArray().EndObject();
  EXPECT_EQ(json.Take(), R"({
  "a": 1,
  "b": [
    2,
    true
  ],
  "c": [],
  "d": {},
  "e": [
    {
      "f": null
    },
    []
  ]
})");
}

TEST(AppendGsonString, EscapesWhatHtmlMightRead) {
  std::string text;
  AppendGsonString(text, std::string("<a href='x'>&=\"\\/\t\n\x01") + '\0' + "\x7f ä😀\xe2\x80\xa8\xff");
  EXPECT_EQ(text,
            "\"\\u003ca href\\u003d\\u0027x\\u0027\\u003e\\u0026\\u003d\\\"\\\\/\\t\\n\\u0001\\u0000\x7f "
            "ä😀\\u2028\xef\xbf\xbd\"");
}

TEST(PrintedByGson, PrintsAnyJsonAnew) {
  EXPECT_EQ(PrintedByGson(R"( {"a":[1.50,-2e3,{}],"b":null,"c":"x'"} )"),
            "{\n  \"a\": [\n    1.50,\n    -2e3,\n    {}\n  ],\n  \"b\": null,\n  \"c\": \"x\\u0027\"\n}");
  EXPECT_EQ(PrintedByGson("7"), "7");
  EXPECT_EQ(PrintedByGson("{\"a\":}"), "");
  EXPECT_EQ(PrintedByGson("[1"), "");
  EXPECT_EQ(PrintedByGson(""), "");
  EXPECT_EQ(PrintedByGson(std::string(1000, '[')), "");
}

}  // namespace
}  // namespace trireme::torchserve
