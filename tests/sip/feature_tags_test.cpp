#include "sip/feature_tags.hpp"

#include <string>

#include "support/catch.hpp"

using namespace rcs::sip;

namespace {

constexpr const char* kImUrn = "urn:urn-7:3gpp-application.ims.iari.rcse.im";
constexpr const char* kFtUrn = "urn:urn-7:3gpp-application.ims.iari.rcse.ft";

Params params_of(const std::string& text) {
  const auto contact = parse_name_addr("<sip:bob@192.0.2.1>" + text);
  REQUIRE(contact);
  return contact->params;
}

std::vector<std::string> values_of(const Params& params) {
  std::vector<std::string> values;
  for (const auto& tag : read_feature_tags(params)) values.push_back(tag.value);
  return values;
}

}  // namespace

TEST_CASE("CAP-30 a list tag has all values in one quoted parameter, colons escaped") {
  Params params{{"+g.oma.sip-im", std::nullopt}, make_list_tag(kIariRef, {kImUrn, kFtUrn})};
  CHECK(format_params(params) ==
        ";+g.oma.sip-im;+g.3gpp.iari-ref=\"urn%3Aurn-7%3A3gpp-application.ims.iari.rcse.im,"
        "urn%3Aurn-7%3A3gpp-application.ims.iari.rcse.ft\"");
  CHECK(values_of(params_of(format_params(params))) == std::vector<std::string>{"", kImUrn, kFtUrn});
}

TEST_CASE("CAP-31 tags are read however they are written") {
  const std::vector<std::string> both{kImUrn, kFtUrn};
  const std::string im = "urn%3Aurn-7%3A3gpp-application.ims.iari.rcse.im";
  const std::string ft = "urn%3aurn-7%3a3gpp-application.ims.iari.rcse.ft";
  CHECK(values_of(params_of(";+g.3gpp.iari-ref=\"" + im + "," + ft + "\"")) == both);
  CHECK(values_of(params_of(";+g.3gpp.iari-ref=\"" + im + " ,\t " + ft + "\"")) == both);
  CHECK(values_of(params_of(";+g.3gpp.iari-ref=\" " + im + "," + ft + " \"")) == both);
  CHECK(values_of(params_of(";+g.3gpp.iari-ref=\"" + im + "\";+g.3gpp.iari-ref=\"" + ft + "\"")) == both);
  CHECK(values_of(params_of(";+g.3gpp.iari-ref=" + im + ";+g.3gpp.iari-ref=" + ft)) == both);
  CHECK(values_of(params_of(";+G.3GPP.IARI-REF=\"URN%3AURN-7%3A3GPP-APPLICATION.IMS.IARI.RCSE.IM," + ft +
                            "\"")) == both);
  CHECK(values_of(params_of(";+g.3gpp.iari-ref=\"" + std::string(kImUrn) + "," + kFtUrn + "\"")) == both);
  CHECK(has_feature(params_of(";+G.3gpp.IARI-ref=\"x, " + ft + "\""), kIariRef, kFtUrn));
}

TEST_CASE("CAP-32 entries are compared whole") {
  const auto params = params_of(";+g.3gpp.iari-ref=\"urn%3Aurn-7%3A3gpp-application.ims.iari.rcse.ft_http\"");
  CHECK_FALSE(has_feature(params, kIariRef, kFtUrn));
  CHECK(has_feature(params, kIariRef, std::string(kFtUrn) + "_http"));
  CHECK_FALSE(has_feature(params, "+g.3gpp.iari"));
  CHECK(has_feature(params, kIariRef));
}

TEST_CASE("CAP-31 a tag that is FALSE is not there, one that is TRUE is") {
  CHECK(read_feature_tags(params_of(";automata=\"FALSE\";+g.oma.sip-im=\"false\"")).empty());
  CHECK_FALSE(has_feature(params_of(";automata=\"FALSE\""), "automata"));
  CHECK(has_feature(params_of(";automata=\"TRUE\""), "automata"));
  CHECK(has_feature(params_of(";Automata"), "automata"));
  CHECK(values_of(params_of(";automata=\"TRUE\"")) == std::vector<std::string>{""});
}

TEST_CASE("CAP-34 what a tag was like stays readable, and other parameters are no tags") {
  const auto tags = read_feature_tags(
      params_of(";q=0.5;expires=60;+sip.instance=\"<urn:uuid:1>\";+g.X.y=\"#=1\";video;methods=\"A,B\""));
  REQUIRE(tags.size() == 4);
  CHECK(tags[0] == FeatureTag{"+g.x.y", "#=1", "+g.X.y=\"#=1\""});
  CHECK(tags[1] == FeatureTag{"video", "", "video"});
  CHECK(tags[3] == FeatureTag{"methods", "b", "methods=\"B\""});
}

TEST_CASE("CAP-31 a list without end and broken escapes do no harm") {
  std::string list;
  for (int i = 0; i < 5000; ++i) list += "a,";
  CHECK(read_feature_tags({{"+g.x", "\"" + list + "\""}}).size() == kMaxTagEntries);
  CHECK(values_of({{"+g.x", "\"%,%3,%zz,%3A%\""}}) == std::vector<std::string>{"%", "%3", "%zz", ":%"});
  CHECK(values_of({{"+g.x", "\"\""}}) == std::vector<std::string>{""});
  CHECK(values_of({{"+g.x", "\",,\""}}).empty());
  CHECK(values_of({{"+g.x", "\""}}) == std::vector<std::string>{"\""});
}

TEST_CASE("CAP-31 the preferences of an Accept-Contact are read one by one") {
  const auto one = parse_preferences("*;+g.oma.sip-im;explicit;require");
  REQUIRE(one.size() == 1);
  CHECK(has_feature(one[0], "+g.oma.sip-im"));
  CHECK(find_param(one[0], "require") != nullptr);

  const auto two = parse_preferences(" * ; +g.a=\"x,*,\\\"y\" , *;+g.b");
  REQUIRE(two.size() == 2);
  CHECK(has_feature(two[0], "+g.a", "*"));
  CHECK_FALSE(has_feature(two[0], "+g.b"));
  CHECK(has_feature(two[1], "+g.b"));

  CHECK(parse_preferences("").empty());
  CHECK(parse_preferences("<sip:x>;a").empty());
  CHECK(parse_preferences("*;a,").empty());
  CHECK(parse_preferences("*;=").empty());
}
