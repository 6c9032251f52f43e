#include "chat/presence_services.hpp"

#include "support/catch.hpp"

using namespace rcs;
using namespace rcs::chat;

namespace {

body::PresenceTuple tuple(std::string id, std::string version = {}, bool open = true) {
  body::PresenceTuple out;
  out.open = open;
  out.service_id = std::move(id);
  out.version = std::move(version);
  return out;
}

PublishedServices read(std::vector<body::PresenceTuple> tuples) {
  return read_services({"sip:c@d", std::move(tuples)});
}

}  // namespace

TEST_CASE("PRES-45: what is written is read again, each service that presence has an id for") {
  ServiceSet known;
  for (const auto& row : service_names()) {
    const auto tuples = service_tuples({row.service}, "sip:c@d", {});
    if (!tuples.empty()) known.set(row.service);
  }
  CHECK(known == ServiceSet{Service::chat, Service::standalone, Service::file_transfer,
                            Service::file_transfer_http, Service::file_transfer_sms, Service::image_share,
                            Service::video_share, Service::geolocation_push, Service::social_presence,
                            Service::presence_discovery, Service::ip_voice_call, Service::ip_video_call});
  const auto tuples = service_tuples(known, "sip:c@d", core::UnixMs{7});
  CHECK(tuples.size() == 11);
  const auto again = read(tuples);
  CHECK(again.capabilities.services == known);
  CHECK(again.capabilities.other_tags.empty());
  CHECK(again.names_rcs);
  CHECK(again.told_at == core::UnixMs{7});
  for (std::size_t a = 0; a < tuples.size(); ++a) {
    CHECK(tuples[a].contact == "sip:c@d");
    for (std::size_t b = 0; b < a; ++b) CHECK(tuples[a].id != tuples[b].id);
  }
}

TEST_CASE("PRES-45: chat has two ids, case and version do not matter") {
  for (const auto* id : {"org.openmobilealliance:IM-session", "org.openmobilealliance:ChatSession",
                         "ORG.OpenMobileAlliance:chatsession"}) {
    for (const auto* version : {"", "1.0", "2.0", "9"})
      CHECK(read({tuple(id, version)}).capabilities.services == ServiceSet{Service::chat});
  }
}

TEST_CASE("PRES-45: a call has the media that its tuple says") {
  auto call = tuple("org.3gpp.urn:urn-7:3gpp-service.ims.icsi.mmtel", "1.0");
  CHECK(read({call}).capabilities.services == ServiceSet{Service::ip_voice_call});
  CHECK_FALSE(read({call}).names_rcs);
  call.media = {true, true};
  CHECK(read({call}).capabilities.services == ServiceSet{Service::ip_voice_call, Service::ip_video_call});
  call.media = {false, std::nullopt};
  CHECK(read({call}).capabilities.services.empty());
}

TEST_CASE("CAP-50: one open tuple of several devices is enough, closed ones are of RCS still") {
  const std::string chat = "org.openmobilealliance:IM-session";
  CHECK(read({tuple(chat, "1.0", false), tuple(chat)}).capabilities.services == ServiceSet{Service::chat});
  const auto closed = read({tuple(chat, "1.0", false)});
  CHECK(closed.capabilities.services.empty());
  CHECK(closed.names_rcs);
  CHECK_FALSE(read({}).names_rcs);
  CHECK_FALSE(read({tuple("")}).names_rcs);
}

TEST_CASE("CAP-34: other open services are kept to be shown, as far as there is room") {
  const auto other =
      read({tuple("org.3gpp.cs-videotelephony", "1.0"), tuple("x.y"), tuple("z.z", "1", false)});
  CHECK(other.capabilities.other_tags == std::vector<std::string>{"org.3gpp.cs-videotelephony 1.0", "x.y"});
  CHECK_FALSE(other.names_rcs);
  CHECK(read(std::vector<body::PresenceTuple>(200, tuple("x.y"))).capabilities.other_tags.size() ==
        kMaxOtherTags);
  CHECK(read({tuple(std::string(kMaxOtherTagOctets + 1, 'x'))}).capabilities.other_tags.empty());
}

TEST_CASE("CAP-53: a document is as new as its newest tuple") {
  auto a = tuple("a");
  a.timestamp = core::UnixMs{20};
  auto b = tuple("b");
  b.timestamp = core::UnixMs{30};
  auto of_nothing = tuple("");
  of_nothing.timestamp = core::UnixMs{40};
  CHECK(read({a, b, of_nothing}).told_at == core::UnixMs{30});
  CHECK(read({b, tuple("c"), a}).told_at == core::UnixMs{30});
  CHECK_FALSE(read({tuple("c")}).told_at);
}
