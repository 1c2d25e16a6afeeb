// SPDX-License-Identifier: Apache-2.0
#include "codec/multipart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "codec/form_fields.h"
#include "codec/header_parameters.h"

namespace trireme {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<std::vector<FormPart>> Parse(const std::string& body, const FormLimits& limits = {}) {
  return ParseMultipart(std::as_bytes(std::span(body)), "XX", limits);
}

std::string Part(const std::string& name, const std::string& bytes) {
  return "--XX\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + bytes + "\r\n";
}

TEST(ParseParameterizedValue, ReadsTokensAndQuotes) {
  const auto parsed = ParseParameterizedValue(" Form-Data ; NAME=a; filename=\"c:\\x\\\"\\\\ y\" ;");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->value, "form-data");
  EXPECT_EQ(*parsed->Find("name"), "a");
  EXPECT_EQ(*parsed->Find("filename"), "c:\\x\"\\ y");
  EXPECT_EQ(parsed->Find("boundary"), nullptr);
}

TEST(ParseParameterizedValue, RefusesWhatHasNoGrammar) {
  for (const char* text : {"", " ", ";a=b", "a b", "a;b", "a;=b", "a;b=", "a;b=\"c", "a;b=c;B=d", "a;b=c d", "a,b"}) {
    EXPECT_EQ(ParseParameterizedValue(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
}

TEST(BoundaryOf, ReadsItInQuotesOrNot) {
  EXPECT_EQ(*BoundaryOf("multipart/form-data; boundary=----x1"), "----x1");
  EXPECT_EQ(*BoundaryOf("Multipart/Form-Data;charset=utf-8;Boundary=\"a b\""), "a b");
}

TEST(BoundaryOf, SaysWhatIsMissing) {
  EXPECT_THAT(BoundaryOf("multipart/form-data").status().message(), HasSubstr("expected a boundary"));
  EXPECT_THAT(BoundaryOf("text/plain; boundary=a").status().message(), HasSubstr("found 'text/plain'"));
  EXPECT_FALSE(BoundaryOf("multipart/form-data; boundary=\"\"").ok());
  EXPECT_FALSE(BoundaryOf("multipart/form-data; boundary=\"a \"").ok());
  EXPECT_FALSE(BoundaryOf("multipart/form-data; boundary=\"a\nb\"").ok());
  EXPECT_FALSE(BoundaryOf("multipart/form-data; boundary=" + std::string(71, 'a')).ok());
}

TEST(ParseMultipart, TakesAFormApart) {
  const std::string image("\x89PNG\r\n--X\r\n--\0", 13);
  const std::string body = "before\r\n" + Part("text", "two\r\nlines") +
                           "--XX \t\r\ncontent-type:  image/png \r\nCONTENT-DISPOSITION: form-data; name=data; "
                           "filename=\"a \\\"b\\\".png\"\r\n"
                           "X-Other: 1\r\nContent-Transfer-Encoding: Binary\r\n\r\n" +
                           image + "\r\n--XX--\r\nbehind";
  const auto parts = Parse(body);
  ASSERT_TRUE(parts.ok()) << parts.status();
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ((*parts)[0].name, "text");
  EXPECT_EQ((*parts)[0].filename, std::nullopt);
  EXPECT_EQ((*parts)[0].content_type, "");
  EXPECT_EQ(Text((*parts)[0].bytes), "two\r\nlines");
  EXPECT_EQ((*parts)[1].name, "data");
  EXPECT_EQ((*parts)[1].filename, "a \"b\".png");
  EXPECT_EQ((*parts)[1].content_type, "image/png");
  EXPECT_EQ(Text((*parts)[1].bytes), image);
  EXPECT_GE(reinterpret_cast<const char*>((*parts)[1].bytes.data()), body.data());
}

TEST(ParseMultipart, ReadsEmptyPartsAndForms) {
  EXPECT_TRUE(Parse("--XX--")->empty());
  EXPECT_TRUE(Parse("\r\n--XX--\r\n")->empty());
  const auto parts = Parse(
      "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n--XX\r\n"
      "Content-Disposition: form-data; name=b\r\n\r\n\r\n--XX--");
  ASSERT_TRUE(parts.ok()) << parts.status();
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_TRUE((*parts)[0].bytes.empty());
  EXPECT_TRUE((*parts)[1].bytes.empty());
}

struct Refused {
  std::string body;
  const char* why;
};

TEST(ParseMultipart, SaysWhatIsWrong) {
  const std::string named = "--XX\r\nContent-Disposition: form-data; name=a\r\n";
  const std::vector<Refused> cases = {
      {"", "expected a line '--XX', the boundary of Content-Type, found none in 0 bytes"},
      {"text--XX\r\n", "expected a line '--XX'"},
      {"--XXX\r\n", "expected CRLF or '--' behind a boundary, found 'X\\r\\n'"},
      {"--XX\n", "expected CRLF"},
      {"--XX", "expected CRLF or '--' behind a boundary, found nothing"},
      {"--XX\r\n", "field 1 of the form: expected a line of headers"},
      {"--XX\r\n\r\nb\r\n--XX--", "expected a header Content-Disposition"},
      {"--XX\r\nContent-Type: a/b\r\n\r\nb\r\n--XX--", "expected a header Content-Disposition"},
      {"--XX\r\nContent-Disposition: attachment; name=a\r\n\r\nb\r\n--XX--", "expected form-data, found 'attachment'"},
      {"--XX\r\nContent-Disposition: form-data\r\n\r\nb\r\n--XX--", "expected a name, found none"},
      {"--XX\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nb\r\n--XX--", "found an empty one"},
      {"--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\nb\r\n--XX--", "closing quote"},
      {"--XX\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nb\r\n--XX--", "each parameter once"},
      {named + "Content-Disposition: form-data; name=b\r\n\r\nb\r\n--XX--", "one Content-Disposition"},
      {named + "Content-Type: a/b\r\nContent-Type: a/b\r\n\r\nb\r\n--XX--", "one Content-Type"},
      {named + " folded\r\n\r\nb\r\n--XX--", "expected a header such as"},
      {named + "no header\r\n\r\nb\r\n--XX--", "found 'no header'"},
      {named + "a: b\nc: d\r\n\r\nb\r\n--XX--", "without control characters"},
      {named + "Content-Transfer-Encoding: base64\r\n\r\nYQ==\r\n--XX--", "found 'base64'"},
      {named + "\r\nb", "expected a line '--XX' at the end of 'a', found the end of the body"},
      {named + "\r\nb--XX--", "found the end of the body"},
      {named, "expected a line of headers"},
      {Part("a", "1") + Part("a", "2") + "--XX--", "field 2 of the form: expected each name once, found 'a' again"},
  };
  for (const Refused& c : cases) {
    const auto parts = Parse(c.body);
    EXPECT_EQ(parts.status().code(), StatusCode::kInvalidArgument) << c.body;
    EXPECT_THAT(parts.status().message(), HasSubstr(c.why)) << c.body;
  }
}

TEST(ParseMultipart, RefusesEveryFormThatIsCutOff) {
  const std::string body = Part("a", "1") + Part("b", "2") + "--XX--";
  for (size_t bytes = 0; bytes < body.size(); ++bytes) EXPECT_FALSE(Parse(body.substr(0, bytes)).ok()) << bytes;
  EXPECT_TRUE(Parse(body).ok());
}

TEST(ParseMultipart, KeepsItsLimits) {
  std::string body;
  for (int i = 0; i < 4; ++i) body += Part(std::to_string(i), "");
  EXPECT_EQ(Parse(body + "--XX--", {.parts = 4})->size(), 4u);
  EXPECT_EQ(Parse(body + "--XX--", {.parts = 3}).status().code(), StatusCode::kTooLarge);
  const std::string large =
      "--XX\r\nContent-Disposition: form-data; name=a\r\nX: " + std::string(100, 'x') + "\r\n\r\nb\r\n--XX--";
  EXPECT_EQ(Parse(large, {.header_bytes = 100}).status().code(), StatusCode::kTooLarge);
  EXPECT_EQ(Parse(large, {.header_bytes = 200})->size(), 1u);
  std::string many = "--XX\r\nContent-Disposition: form-data; name=a\r\n";
  for (int i = 0; i < 50; ++i) many += "a: b\r\n";
  EXPECT_EQ(Parse(many + "\r\n\r\n--XX--", {.header_bytes = 200}).status().code(), StatusCode::kTooLarge);
}

TEST(ParseFormFields, DecodesNamesAndValues) {
  const auto fields = ParseFormFields("data=a+b%26%3D%00c&&x&data=%C3%a4&y=");
  ASSERT_TRUE(fields.ok()) << fields.status();
  EXPECT_THAT(*fields, ElementsAre(FormField{"data", std::string("a b&=\0c", 7)}, FormField{"x", ""},
                                   FormField{"data", "ä"}, FormField{"y", ""}));
  EXPECT_TRUE(ParseFormFields("")->empty());
}

TEST(ParseFormFields, SaysWhatIsWrong) {
  EXPECT_THAT(ParseFormFields("a=1&b=%4").status().message(),
              HasSubstr("field 2 of the form, 'b': expected two hexadecimal digits behind '%', found '4'"));
  EXPECT_THAT(ParseFormFields("a%zz=1").status().message(), HasSubstr("found 'zz'"));
  EXPECT_THAT(ParseFormFields("=1").status().message(), HasSubstr("expected a name"));
  EXPECT_EQ(ParseFormFields("a&b&c", 2).status().code(), StatusCode::kTooLarge);
}

}  // namespace
}  // namespace trireme
