#include <weft/io/named_texts.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace weft;

TEST_CASE("texts are found by name, in the order in which they came") {
  NamedTexts texts{{"preset", "quick"}, {"seed", "1"}, {"preset", "default"}};
  texts["out"] = "runs";
  texts["seed"] += "7";
  std::string all;
  for (const auto& [name, text] : texts) all += name + '=' + text + ' ';
  CHECK(all == "preset=default seed=17 out=runs ");
  REQUIRE(texts.find("seed"));
  CHECK(*texts.find("seed") == "17");
  CHECK(!texts.find("see"));
  CHECK(texts["new"].empty());
  CHECK(texts.size() == 4);
}

TEST_CASE("the same texts are equal in any order, and no others are") {
  const NamedTexts texts{{"a", "1"}, {"b", "2"}};
  CHECK(texts == NamedTexts{{"b", "2"}, {"a", "1"}});
  CHECK(texts != NamedTexts{{"a", "1"}, {"b", "3"}});
  CHECK(texts != NamedTexts{{"a", "1"}, {"c", "2"}});
  CHECK(texts != NamedTexts{{"a", "1"}});
  CHECK(texts != NamedTexts{{"a", "1"}, {"b", "2"}, {"c", "3"}});
}
