#include <weft/probe/point_name.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weft;

namespace {

const PointList points{{"embed", "blocks.*.resid_pre", "blocks.*.attn.q", "blocks.*.attn.k",
                        "blocks.*.attn.pattern", "logits"},
                       2};

std::string message_for(std::string_view name) {
  try {
    detail::check_point("cache", PointName(name), points);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a point's name may be written as in TransformerLens or without hook_") {
  CHECK(PointName("blocks.0.attn.hook_pattern").text() == "blocks.0.attn.pattern");
  CHECK(PointName("blocks.*.hook_resid_pre").text() == "blocks.*.resid_pre");
  CHECK(PointName("blocks.1.attn.hook_attn_scores").text() == "blocks.1.attn.scores");
  CHECK(PointName("blocks.1.hook_attn_out").text() == "blocks.1.attn_out");
  CHECK(PointName("hook_embed").text() == "embed");
  CHECK(PointName("ln_final.hook_normalized").text() == "ln_final");
  CHECK(PointName("blocks.0.attn.q").text() == "blocks.0.attn.q");
  CHECK(PointName("blocks.0.attn.q").name() == "attn.q");
}

TEST_CASE("a name matches the point of its layer, and with a star that of every layer") {
  const Point first{"attn.q", 0}, second{"attn.q", 12}, outside{"embed"};
  CHECK(PointName("blocks.0.attn.q").matches(first));
  CHECK_FALSE(PointName("blocks.0.attn.q").matches(second));
  CHECK(PointName("blocks.12.attn.hook_q").matches(second));
  CHECK(PointName("blocks.*.attn.q").matches(first));
  CHECK(PointName("blocks.*.attn.q").matches(second));
  CHECK_FALSE(PointName("blocks.*.attn.k").matches(first));
  CHECK(PointName("embed").matches(outside));
  CHECK_FALSE(PointName("blocks.*.embed").matches(outside));
  CHECK_FALSE(PointName("attn.q").matches(first));
  CHECK(to_string(second) == "blocks.12.attn.q");
  CHECK(to_string(outside) == "embed");
}

TEST_CASE("a name is among the points of a model if its layer is too") {
  for (const char* name : {"embed", "blocks.0.attn.q", "blocks.1.attn.hook_q", "blocks.*.attn.k"})
    CHECK(message_for(name) == "");
  for (const char* name : {"embedding", "blocks.2.attn.q", "attn.q", "blocks.*.embed", "blocks.x.q",
                           "blocks..attn.q", "blocks.0.", "blocks.99999999999999999999.attn.q", ""})
    CHECK(message_for(name) != "");
}

TEST_CASE("a name that no point has brings the near ones") {
  CHECK(message_for("blocks.0.atn.hook_q") ==
        "[cache] the model has no such point: \"blocks.0.atn.q\"; near are blocks.0.attn.q, "
        "blocks.1.attn.q, blocks.0.attn.k");
  CHECK(message_for("blocks.*.attn.patern") ==
        "[cache] the model has no such point: \"blocks.*.attn.patern\"; near are "
        "blocks.*.attn.pattern, blocks.*.attn.q, blocks.*.attn.k");
  CHECK(message_for("logit").find("near are logits, ") != std::string::npos);
}

TEST_CASE("the edit distance is that of its definition") {
  CHECK(detail::edit_distance("", "") == 0);
  CHECK(detail::edit_distance("abc", "") == 3);
  CHECK(detail::edit_distance("", "abcd") == 4);
  CHECK(detail::edit_distance("kitten", "sitting") == 3);
  CHECK(detail::edit_distance("pattern", "patern") == 1);
  CHECK(detail::edit_distance("attn.q", "attn.k") == 1);
}
