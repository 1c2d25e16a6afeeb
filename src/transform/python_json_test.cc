// SPDX-License-Identifier: Apache-2.0
#include "transform/python_json.h"

#include <gtest/gtest.h>

#include <string>

namespace trireme::transform {
namespace {

std::string Float(double value) {
  std::string text;
  AppendPythonFloat(text, value);
  return text;
}

std::string Text(std::string_view value) {
  std::string text;
  AppendPythonString(text, value);
  return text;
}

// Each as python3 -c 'import json; print(json.dumps(VALUE))' prints it.
TEST(PythonJson, WritesFloatsAsPython) {
  EXPECT_EQ(Float(0), "0.0");
  EXPECT_EQ(Float(-0.0), "-0.0");
  EXPECT_EQ(Float(1), "1.0");
  EXPECT_EQ(Float(-2.5), "-2.5");
  EXPECT_EQ(Float(100), "100.0");
  EXPECT_EQ(Float(1234.5), "1234.5");
  EXPECT_EQ(Float(0.1F), "0.10000000149011612");
  EXPECT_EQ(Float(0.0001), "0.0001");
  EXPECT_EQ(Float(0.00001), "1e-05");
  EXPECT_EQ(Float(1.5e-7), "1.5e-07");
  EXPECT_EQ(Float(1e15), "1000000000000000.0");
  EXPECT_EQ(Float(1e16), "1e+16");
  EXPECT_EQ(Float(1.25e100), "1.25e+100");
  EXPECT_EQ(Float(5e-324), "5e-324");
  EXPECT_EQ(Float(1.7976931348623157e308), "1.7976931348623157e+308");
}

TEST(PythonJson, WritesNothingButAscii) {
  EXPECT_EQ(Text("cat"), R"("cat")");
  EXPECT_EQ(Text("a\"b\\c/\n\t\x01\x7f"), R"("a\"b\\c/\n\t\u0001\u007f")");
  EXPECT_EQ(Text("Stra\xc3\x9f"
                 "e"),
            R"("Stra\u00dfe")");
  EXPECT_EQ(Text("\xe7\x8c\xab"), R"("\u732b")");
  EXPECT_EQ(Text("\xf0\x9f\x90\xb1"), R"("\ud83d\udc31")");
  EXPECT_EQ(Text("a\xff"), R"("a\ufffd")");
  EXPECT_EQ(Text(std::string_view("\0", 1)), R"("\u0000")");
}

}  // namespace
}  // namespace trireme::transform
