// Feature tags to services and back (CAP-30 to 35, the table of section 3).
#include "chat/capabilities.hpp"

#include <set>
#include <string>

#include "sip/feature_tags.hpp"
#include "support/catch.hpp"

using namespace rcs;
using namespace rcs::chat;

namespace {

Capabilities read(const std::string& tags) {
  const auto contact = sip::parse_name_addr("<sip:bob@192.0.2.1>" + tags);
  INFO(tags);
  REQUIRE(contact);
  return read_capabilities(contact->params);
}

std::string iari(const std::string& name) {
  return ";+g.3gpp.iari-ref=\"urn%3Aurn-7%3A3gpp-application.ims.iari." + name + "\"";
}
std::string icsi(const std::string& name) {
  return ";+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi." + name + "\"";
}

std::string written(const ServiceSet& services) {
  sip::Params params;
  add_tags(params, services);
  return sip::format_params(params);
}

ServiceSet all_services() {
  ServiceSet all;
  for (const auto& row : service_names()) all.set(row.service);
  return all;
}

}  // namespace

TEST_CASE("CAP-31 each tag of the table stands for its service") {
  const std::vector<std::pair<std::string, ServiceSet>> rows = {
      {iari("rcse.im"), {Service::chat}},
      {icsi("oma.cpm.session"), {Service::chat}},
      {icsi("oma.cpm.session.group"), {Service::group_chat}},
      {iari("rcs.fullsfgroupchat"), {Service::group_chat_store}},
      {icsi("oma.cpm.msg"), {Service::standalone}},
      {icsi("oma.cpm.largemsg"), {Service::standalone_large}},
      {icsi("oma.cpm.deferred"), {Service::standalone_deferred}},
      {iari("rcse.ft"), {Service::file_transfer}},
      {iari("rcs.ftthumb"), {Service::file_transfer_thumbnail}},
      {iari("rcs.ftstandfw"), {Service::file_transfer_store}},
      {iari("rcs.fthttp"), {Service::file_transfer_http}},
      {iari("rcs.ftsms"), {Service::file_transfer_sms}},
      {iari("gsma-is"), {Service::image_share}},
      {";+g.3gpp.app_ref=\"urn%3Aurn-7%3A3gpp-application.ims.iari.gsma-is\"", {Service::image_share}},
      {";+g.3gpp.cs-voice", {Service::video_share}},
      {iari("gsma-vs"), {Service::video_share}},
      {iari("rcs.geopush"), {Service::geolocation_push}},
      {iari("rcs.geopull"), {Service::geolocation_pull}},
      {iari("rcs.geopullft"), {Service::geolocation_pull_file}},
      {iari("rcs.geosms"), {Service::geolocation_sms}},
      {iari("rcse.sp"), {Service::social_presence}},
      {iari("rcse.dp"), {Service::presence_discovery}},
      {icsi("mmtel"), {Service::ip_voice_call}},
      {icsi("mmtel") + ";+g.gsma.rcs.ipcall", {Service::ip_voice_call}},
      {icsi("mmtel") + ";video", {Service::ip_voice_call, Service::ip_video_call}},
      {";VIDEO" + icsi("mmtel"), {Service::ip_voice_call, Service::ip_video_call}},
      {icsi("gsma.callcomposer"), {Service::call_composer}},
      {icsi("gsma.callunanswered"), {Service::call_unanswered}},
      {icsi("gsma.sharedmap"), {Service::shared_map}},
      {icsi("gsma.sharedsketch"), {Service::shared_sketch}},
      {iari("rcs.chatbot"), {Service::chatbot}},
      {iari("rcs.chatbot.sa"), {Service::chatbot_standalone}},
      {";+g.gsma.rcs.isbot", {Service::is_bot}},
      {icsi("gsma.rcs.extension"), {Service::extensions}},
  };
  ServiceSet seen;
  for (const auto& [tags, services] : rows) {
    CAPTURE(tags);
    const auto got = read(tags);
    CHECK(got.services == services);
    CHECK(got.other_tags.empty());
    for (const auto& row : service_names())
      seen.set(row.service, seen.has(row.service) || got.services.has(row.service));
  }
  CHECK(seen == all_services());
}

TEST_CASE("CAP-30 CAP-35 what is written is read back, each list in one parameter") {
  for (const auto& row : service_names()) {
    CAPTURE(row.id);
    const auto got = read(written({row.service})).services;
    CHECK(got.has(row.service));
  }
  const auto text = written(all_services());
  CHECK(read(text).services == all_services());
  const auto count = [&](const std::string& what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
  };
  CHECK(count("+g.3gpp.iari-ref") == 1);
  CHECK(count("+g.3gpp.icsi-ref") == 1);
  CHECK(count("mmtel") == 1);
  CHECK(written({}).empty());
  CHECK(written({Service::chat, Service::standalone}) ==
        ";+g.oma.sip-im;+g.3gpp.iari-ref=\"urn%3Aurn-7%3A3gpp-application.ims.iari.rcse.im\""
        ";+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg\"");
  CHECK(written({Service::chatbot}).find(";+g.gsma.rcs.botversion=\"#=1\"") != std::string::npos);
}

TEST_CASE("CAP-32 a service is not taken from a part of a longer tag") {
  CHECK(read(iari("rcse.ft_http")).services.empty());
  CHECK(read(iari("rcse.i")).services.empty());
  CHECK(read(iari("x.rcse.im")).services.empty());
  CHECK(read(icsi("rcse.im")).services.empty());
  CHECK(read(";+g.oma.sip-image").services.empty());
  CHECK(read(icsi("oma.cpm.session.group")).services == ServiceSet{Service::group_chat});
}

TEST_CASE("CAP-33 +g.oma.sip-im alone means chat and file transfer, beside a list only chat") {
  CHECK(read(";+g.oma.sip-im").services == ServiceSet{Service::chat, Service::file_transfer});
  CHECK(read(";+g.oma.sip-im;+g.3gpp.cs-voice").services ==
        ServiceSet{Service::chat, Service::file_transfer, Service::video_share});
  CHECK(read(";+g.oma.sip-im" + iari("rcse.im")).services == ServiceSet{Service::chat});
}

TEST_CASE("CAP-34 unknown tags are kept, as they came and bounded") {
  const auto got = read(";+g.New.Thing=\"<Value>\";+g.oma.sip-im" + iari("future.x,gsma-is") +
                        ";q=0.5;+sip.instance=\"<urn:uuid:1>\";expires=60;video");
  CHECK(got.services == ServiceSet{Service::chat});
  CHECK(got.other_tags ==
        std::vector<std::string>{"+g.New.Thing=\"<Value>\"",
                                 "+g.3gpp.iari-ref=\"urn%3Aurn-7%3A3gpp-application.ims.iari.future.x\"",
                                 "+g.3gpp.iari-ref=\"gsma-is\"", "video"});

  std::string many = ";+g.x=\"" + std::string(700, 'a') + "\";+g.y=\"" + std::string(1100, 'c') +
                     "\";+g.z=\"" + std::string(700, 'b') + "\"";
  CHECK(read(many).other_tags.size() == 1);
  std::string list;
  for (int i = 0; i < 100; ++i) list += "v" + std::to_string(i) + ",";
  CHECK(read(";+g.x=\"" + list + "v\"").other_tags.size() == kMaxOtherTags);
  CHECK(read(";+g.x=\"a\x01\xff\"").other_tags.front().find('\x01') == std::string::npos);
}

TEST_CASE("CAP-34 raw tags are all of them, each by itself, and bounded") {
  const auto raw = [](const std::string& text) {
    return raw_tags(sip::parse_name_addr("<sip:a@b>" + text)->params);
  };
  CHECK(raw(";automata;expires=60" + iari("rcse.im,gsma-is")) ==
        std::vector<std::string>{"automata",
                                 "+g.3gpp.iari-ref=\"urn%3Aurn-7%3A3gpp-application.ims.iari.rcse.im\"",
                                 "+g.3gpp.iari-ref=\"gsma-is\""});
  std::string many;
  for (int i = 0; i < 20; ++i) many += ";+g.x" + std::to_string(i) + "=\"" + std::string(400, 'v') + "\"";
  std::size_t octets = 0;
  for (const auto& tag : raw(many)) octets += tag.size();
  CHECK(octets <= kMaxRawTagOctets);
  CHECK(octets > kMaxRawTagOctets / 2);
}

TEST_CASE("CAP-8 a focus and a machine say so") {
  CHECK(read(";isfocus").focus);
  CHECK(read(";automata").automata);
  CHECK(read(";Automata=\"TRUE\"").automata);
  CHECK_FALSE(read(";automata=\"FALSE\";isfocus=\"FALSE\"").automata);
  CHECK_FALSE(read(";automata=\"FALSE\";isfocus=\"FALSE\"").focus);
  CHECK(read(";isfocus;automata").other_tags.empty());
}

TEST_CASE("services are found by id, by name and by short form") {
  std::set<std::string_view> ids;
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kServices; ++i) {
    const auto& row = service_names()[i];
    CHECK(static_cast<std::size_t>(row.service) == i);
    CHECK(ids.insert(row.id).second);
    CHECK(names.insert(row.name).second);
    CHECK(parse_service(row.id) == row.service);
    CHECK(parse_service(row.name) == row.service);
  }
  CHECK(parse_service("im/chat") == Service::chat);
  CHECK(parse_service(" FILE transfer ") == Service::file_transfer);
  CHECK(parse_service("ft") == Service::file_transfer);
  CHECK(parse_service("is") == Service::image_share);
  CHECK(parse_service("VS") == Service::video_share);
  CHECK_FALSE(parse_service("fax"));
  CHECK_FALSE(parse_service(""));
}
