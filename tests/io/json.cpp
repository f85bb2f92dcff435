#include <weft/io/json.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <limits>

using namespace weft;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("values read back as they are written") {
  for (const std::string text : {
           "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "0.5",
           "1.0", "-2.5e-07", "1e+100", "\"\"", "\"text\"", "[]", "[1,[2,[3]],\"x\"]", "{}",
           R"({"b":1,"a":{"c":[true,null]},"":0.25})", R"("\"\\\b\f\n\r\t\u0001\u001f/")",
           "\"\xc3\xa9\xf0\x9f\x98\x80\x7f\""})
    CHECK(json::write(json::parse(text)) == text);
}

TEST_CASE("space between values is skipped") {
  CHECK(json::write(json::parse(" \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n")) ==
        R"({"a":[1,2],"b":{}})");
}

TEST_CASE("a value tells its kind") {
  const json::Value value = json::parse(R"({"i":3,"n":3.0,"s":"t","b":true,"a":[],"z":null})");
  REQUIRE(value.object());
  CHECK(*value.find("i")->integer() == 3);
  CHECK(value.find("i")->number() == nullptr);
  CHECK(*value.find("n")->number() == 3.0);
  CHECK(value.find("n")->integer() == nullptr);
  CHECK(*value.find("s")->string() == "t");
  CHECK(*value.find("b")->boolean());
  CHECK(value.find("a")->array()->empty());
  CHECK(value.find("z")->is_null());
  CHECK(value.find("missing") == nullptr);
  CHECK(value.find("s")->find("i") == nullptr);
}

TEST_CASE("integers beyond 64 bits are numbers") {
  CHECK(*json::parse("9223372036854775808").number() == 9223372036854775808.0);
}

TEST_CASE("escapes are decoded to UTF-8") {
  CHECK(*json::parse(R"("\u0041\u00e9\u20ac\ud83d\ude00\/")").string() ==
        "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80/");
  CHECK(json::parse(R"("\u0000")").string()->size() == 1);
}

TEST_CASE("what is not JSON is an error with its byte") {
  for (const std::string text :
       {"", " ", "{", "}", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}", "{a:1}", "{'a':1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{,}", "nul", "True",
        "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x10", "1 2", "[]]",
        "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u+123\"", "\"\\ud800\"",
        "\"\\ud800x\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"a\nb\"", "//", "[1]//", "1e999"}) {
    INFO(text);
    CHECK_THROWS_AS(json::parse(text), Error);
  }
  CHECK_THROWS_WITH(json::parse("[1,]", "a/file"), "[json] a value is expected: a/file, byte 3");
}

TEST_CASE("a zero byte is no value and no space") {
  using namespace std::string_view_literals;
  CHECK_THROWS_AS(json::parse("1\0"sv), Error);
  CHECK_THROWS_AS(json::parse("\0"sv), Error);
  CHECK_THROWS_AS(json::parse("[1,\0]"sv), Error);
}

TEST_CASE("a name that comes twice in an object is refused, in two objects it is not") {
  CHECK_THROWS_WITH(json::parse(R"({"a":1,"b":2,"a":3})"), ContainsSubstring("\"a\""));
  CHECK_THROWS_AS(json::parse(R"({"a":1,"\u0061":3})"), Error);
  CHECK_NOTHROW(json::parse(R"([{"a":1},{"a":{"a":2}}])"));
}

TEST_CASE("values are read to a limited depth") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK_NOTHROW(json::parse(nested(json::depth_limit)));
  CHECK_THROWS_AS(json::parse(nested(json::depth_limit + 2)), Error);
  CHECK_THROWS_AS(json::parse(std::string(1'000'000, '[')), Error);
  CHECK_THROWS_AS(json::parse(std::string(json::size_limit + 1, ' ')), Error);
}

TEST_CASE("numbers that are not finite are not written") {
  CHECK_THROWS_AS(json::write(std::numeric_limits<double>::quiet_NaN()), Error);
  CHECK_THROWS_AS(json::write(std::numeric_limits<double>::infinity()), Error);
}

TEST_CASE("every truncation of a text is an error") {
  const std::string text = R"({"a":[1,2.5e3,"\u00e9"],"b":{"c":true,"d":null}})";
  for (std::size_t length = 0; length < text.size(); ++length)
    CHECK_THROWS_AS(json::parse(text.substr(0, length)), Error);
}
