#include "body/sdp.hpp"

#include "core/random.hpp"
#include "support/catch.hpp"

using namespace rcs::body;
using rcs::core::Errc;
using rcs::core::Random;

namespace {

const std::string kOffer =
    "v=0\r\no=jack 3524023562 3524023562 IN IP4 1.1.1.2\r\ns=-\r\nc=IN IP4 1.1.1.2\r\nt=0 0\r\nm=message 9 "
    "TCP/MSRP *\r\n"
    "a=accept-types:message/cpim application/im-iscomposing+xml\r\na=accept-wrapped-types:text/plain "
    "message/imdn+xml\r\n"
    "a=path:msrp://1.1.1.2:9/s1;tcp\r\na=setup:active\r\na=sendrecv\r\n";

Sdp parse(const std::string& text) {
  const auto sdp = parse_sdp(text);
  REQUIRE(sdp);
  return *sdp;
}

MsrpMedia media_of(const std::string& text) {
  const auto media = msrp_media(parse(text));
  REQUIRE(media);
  return *media;
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("SDP: an offer is read and written") {
  const auto sdp = parse(kOffer);
  CHECK(sdp.origin_user == "jack");
  CHECK(sdp.session_id == 3524023562U);
  CHECK(sdp.origin_address == "1.1.1.2");
  CHECK(sdp.connection == "1.1.1.2");
  REQUIRE(sdp.media.size() == 1);
  CHECK(sdp.media[0].port == 9);
  CHECK(*sdp.media[0].attribute("sendrecv") == "");
  CHECK(sdp.media[0].attribute("max-size") == nullptr);
  CHECK(format_sdp(sdp) == kOffer);
}

TEST_CASE("SDP: line feeds alone, empty lines and unknown types are taken") {
  const auto sdp = parse(
      "v=0\no=- 1 2 IN IP6 ::1\ns=\ni=info\nb=AS:10\nq=?\n\nk=x\na=session-wide:1\nm=message 2855/2 TCP/MSRP "
      "* x\nc=IN IP6 ::2/127\ni=file\n\n");
  CHECK(sdp.session_name == "-");
  CHECK(sdp.attributes == std::vector<SdpAttribute>{{"session-wide", "1"}});
  CHECK(sdp.media[0].port == 2855);
  CHECK(sdp.media[0].formats == std::vector<std::string>{"*", "x"});
  CHECK(sdp.media[0].connection == "::2");
  CHECK(format_sdp(sdp).find("c=IN IP6 ::2\r\n") != std::string::npos);
  CHECK(parse(format_sdp(sdp)) == sdp);
}

TEST_CASE("SDP: the twelve octets that hang another parser are refused") {
  const std::string text = "v=0\nm=o 0P\xc3\xbf";
  REQUIRE(text.size() == 12);
  CHECK(parse_sdp(text).error().code() == Errc::malformed);
  // And every ending of the kind.
  for (int a = 128; a < 256; ++a) {
    for (int b = 128; b < 256; ++b) {
      const std::string tail{static_cast<char>(a), static_cast<char>(b)};
      REQUIRE_FALSE(parse_sdp("v=0\nm=o 0P" + tail));
      REQUIRE_FALSE(parse_sdp("v=0\r\no=- 1 1 IN IP4 h\r\nm=o 0P" + tail));
    }
  }
}

TEST_CASE("SDP: an error names its line") {
  const auto sdp = parse_sdp("v=0\r\no=- 1 1 IN IP4 h\r\nm=message x TCP/MSRP *\r\n");
  REQUIRE_FALSE(sdp);
  CHECK(sdp.error().detail().find("SDP line 3:") == 0);
  CHECK(sdp.error().detail().find("m=message x") != std::string::npos);
}

TEST_CASE("SDP: what is none is refused") {
  const std::string head = "v=0\r\no=- 1 1 IN IP4 h\r\n";
  for (const std::string& text : {std::string(),
                                  std::string("\r\n\r\n"),
                                  std::string("v=0\r\n"),
                                  std::string("v=1\r\no=- 1 1 IN IP4 h\r\n"),
                                  std::string("o=- 1 1 IN IP4 h\r\nv=0\r\n"),
                                  std::string("v=0\r\no=- 1 1 IN IP4\r\n"),
                                  std::string("v=0\r\no=- x 1 IN IP4 h\r\n"),
                                  std::string("v=0\r\no=- 99999999999999999999 1 IN IP4 h\r\n"),
                                  std::string("v=0\r\no=- 1 1 XX IP4 h\r\n"),
                                  head + "nonsense\r\n",
                                  head + "a\r\n",
                                  head + "a=\r\n",
                                  head + "a=:x\r\n",
                                  head + "m=\r\n",
                                  head + "m=message 65536 TCP/MSRP *\r\n",
                                  head + "m=message -1 TCP/MSRP *\r\n",
                                  head + "m=message 9 TCP/MSRP\r\n",
                                  head + "c=IN IP4\r\n",
                                  head + "c=IN IP4 /1\r\n",
                                  head + "a=x\ry\r\n",
                                  head + std::string("a=x\0y\r\n", 7)}) {
    CAPTURE(text);
    const auto sdp = parse_sdp(text);
    REQUIRE_FALSE(sdp);
    CHECK(sdp.error().code() == Errc::malformed);
  }
}

TEST_CASE("SDP: the number and the length of lines have an end") {
  std::string text = "v=0\no=- 1 1 IN IP4 h\n";
  for (std::size_t i = 2; i < kMaxSdpLines; ++i) text += "a=x\n";
  const auto sdp = parse(text);
  CHECK(parse(format_sdp(sdp)) == sdp);
  CHECK(parse_sdp(text + "a=x\n").error().code() == Errc::too_large);
  CHECK(parse_sdp("v=0\no=- 1 1 IN IP4 h\na=" + std::string(8190, 'x')));
  CHECK(parse_sdp("v=0\no=- 1 1 IN IP4 h\na=" + std::string(8191, 'x')).error().code() == Errc::too_large);
}

TEST_CASE("SDP: no value can begin a line of its own") {
  auto sdp = make_msrp_sdp(
      {"h\r\na=evil", 9, "msrp://x\r\na=evil", "t\na=evil", "w\ra=evil", Setup::active, false}, 1, 1);
  sdp.session_name = "x\r\na=evil";
  sdp.origin_user = "";
  sdp.attributes.push_back({"n\r\na=evil", "v"});
  const auto text = format_sdp(sdp);
  CHECK(text.find("\na=evil") == std::string::npos);
  CHECK(text.find("\ra=evil") == std::string::npos);
  CHECK(text.find("o=- 1 1 IN IP4 ha=evil\r\n") != std::string::npos);
}

TEST_CASE("CHAT-30: the m= line has the port and the protocol, c= the host") {
  MsrpMedia media{"1.1.1.2", 2855, "msrp://1.1.1.2:2855/s;tcp", "message/cpim", "", Setup::actpass, false};
  auto text = format_sdp(make_msrp_sdp(media, 5, 6));
  CHECK(text.find("o=- 5 6 IN IP4 1.1.1.2\r\n") != std::string::npos);
  CHECK(text.find("c=IN IP4 1.1.1.2\r\n") != std::string::npos);
  CHECK(text.find("m=message 2855 TCP/MSRP *\r\n") != std::string::npos);
  CHECK(text.find("accept-wrapped-types") == std::string::npos);
  media.tls = true;
  text = format_sdp(make_msrp_sdp(media, 5, 6));
  CHECK(text.find("m=message 2855 TCP/TLS/MSRP *\r\n") != std::string::npos);
  CHECK(msrp_media(parse(with(kOffer, "m=message 9", "m=message 0"))) == std::nullopt);
  CHECK(msrp_media(parse(with(kOffer, "TCP/MSRP", "RTP/AVP"))) == std::nullopt);
  CHECK(msrp_media(parse(with(kOffer, "message 9", "audio 9"))) == std::nullopt);
}

TEST_CASE("CHAT-31: path and accept-types are mandatory") {
  CHECK(media_of(kOffer).accept_types == "message/cpim application/im-iscomposing+xml");
  CHECK(media_of(kOffer).accept_wrapped_types == "text/plain message/imdn+xml");
  CHECK(msrp_media(parse(with(kOffer, "a=accept-types", "a=x"))) == std::nullopt);
  CHECK(msrp_media(parse(with(kOffer, "a=path", "a=x"))) == std::nullopt);
  CHECK(msrp_media(parse(with(kOffer, "a=path:msrp://1.1.1.2:9/s1;tcp", "a=path: "))) == std::nullopt);
  CHECK(msrp_media(Sdp{}) == std::nullopt);
}

TEST_CASE("CHAT-32: the path is handed on whole, whatever c= says") {
  const auto media = media_of(with(kOffer, "a=path:", "a=path: msrp://relay:1/r;tcp "));
  CHECK(media.path == "msrp://relay:1/r;tcp msrp://1.1.1.2:9/s1;tcp");
  CHECK(media_of(with(kOffer, "TCP/MSRP *\r\n", "TCP/MSRP *\r\nc=IN IP4 9.9.9.9\r\n")).address == "9.9.9.9");
  CHECK(media_of(kOffer).address == "1.1.1.2");
}

TEST_CASE("CHAT-33: without a=setup it is the offerer that connects") {
  const auto silent = parse(with(kOffer, "a=setup:active\r\n", ""));
  CHECK(msrp_media(silent)->setup == Setup::active);
  CHECK(msrp_media(silent, Setup::passive)->setup == Setup::passive);
}

TEST_CASE("CHAT-34: a=setup is always sent, holdconn and a=connection are ignored") {
  for (const auto& [setup, word] :
       {std::pair{Setup::active, "active"}, {Setup::passive, "passive"}, {Setup::actpass, "actpass"}}) {
    const MsrpMedia media{"h", 9, "msrp://h:9/s;tcp", "message/cpim", "text/plain", setup, false};
    const auto text = format_sdp(make_msrp_sdp(media, 1, 1));
    CHECK(text.find("a=setup:" + std::string(word) + "\r\n") != std::string::npos);
    CHECK(media_of(text) == media);
  }
  CHECK(msrp_media(parse(with(kOffer, "setup:active", "setup:holdconn")), Setup::passive)->setup ==
        Setup::passive);
  CHECK(media_of(with(kOffer, "setup:active\r\n", "setup: PASSIVE\r\na=connection:new\r\n")).setup ==
        Setup::passive);
  const auto session_wide =
      with(with(kOffer, "a=setup:active\r\n", ""), "t=0 0\r\n", "t=0 0\r\na=setup:passive\r\n");
  CHECK(media_of(session_wide).setup == Setup::passive);
}

TEST_CASE("CHAT-30: the first usable of several m= lines counts") {
  const auto refused =
      with(kOffer, "m=message 9", "m=audio 1 RTP/AVP 0\r\nm=message 0 TCP/MSRP *\r\nm=Message 9");
  CHECK(media_of(refused).path == "msrp://1.1.1.2:9/s1;tcp");
}

TEST_CASE("SDP: mutated offers are refused or come back the same") {
  Random random(21);
  std::size_t taken = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = kOffer;
    for (auto n = 1 + random.below(4); n > 0; --n) {
      const auto at = random.below(text.size());
      switch (random.below(3)) {
        case 0:
          text[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          text.erase(at, 1 + random.below(8));
          break;
        default:
          text.insert(at, text.substr(random.below(text.size()), random.below(30)));
          break;
      }
    }
    const auto sdp = parse_sdp(text);
    if (!sdp) continue;
    ++taken;
    CAPTURE(i, text);
    const auto again = parse_sdp(format_sdp(*sdp));
    REQUIRE(again);
    REQUIRE(*again == *sdp);
  }
  CHECK(taken > 1000);
}

TEST_CASE("SDP: max-size, msrp-cema, fingerprints and a direction are written and read back") {
  MsrpMedia media;
  media.address = "1.1.1.2";
  media.port = 2855;
  media.path = "msrps://1.1.1.2:2855/s1;tcp";
  media.accept_types = "message/cpim";
  media.tls = true;
  media.max_size = 10485760;
  media.cema = true;
  media.direction = MediaDirection::send_only;
  media.fingerprints = {{"sha-256", "AB:CD"}, {"sha-512", "00:11"}};
  CHECK(media_of(format_sdp(make_msrp_sdp(media, 1, 1))) == media);
}

TEST_CASE("SDP: what the m= line does not say is taken from the session") {
  auto text = with(kOffer, "t=0 0\r\n", "t=0 0\r\na=fingerprint:sha-256 AB:CD\r\na=recvonly\r\n");
  const auto media = media_of(with(text, "a=sendrecv\r\n", ""));
  CHECK(media.direction == MediaDirection::receive_only);
  CHECK(media.fingerprints == std::vector<SdpFingerprint>{{"sha-256", "AB:CD"}});
  CHECK(media_of(text).direction == MediaDirection::both);  // the line itself says sendrecv
}

TEST_CASE("SDP: a max-size or a fingerprint that can not be read counts as not said") {
  const auto media = media_of(kOffer + "a=max-size:a lot\r\na=fingerprint:sha-256\r\n");
  CHECK_FALSE(media.max_size);
  CHECK(media.fingerprints.empty());
}

TEST_CASE(
    "MSRP-160: a=chatroom is a declaration with tokens, in any order and spelling, unknown ones skipped") {
  const auto declared = [](const std::string& line) { return media_of(kOffer + line).chat_room; };
  CHECK_FALSE(declared(""));
  CHECK(declared("a=chatroom\r\n") == SdpChatRoom{});
  CHECK(declared("a=chatroom:\r\n") == SdpChatRoom{});
  CHECK(declared("a=chatroom:nickname\r\n") == SdpChatRoom{true, false});
  CHECK(declared("a=chatroom:private-messages\r\n") == SdpChatRoom{false, true});
  CHECK(declared("a=chatroom:Private-Messages  x-new NICKNAME\r\n") == SdpChatRoom{true, true});
  CHECK(declared("a=chatroom:nicknames\r\n") == SdpChatRoom{});
}

TEST_CASE("MSRP-160: a=chatroom is written as it is read") {
  auto media = media_of(kOffer);
  const auto written = [&](const SdpChatRoom& room) {
    media.chat_room = room;
    const auto sdp = make_msrp_sdp(media, 1, 1);
    CHECK(media_of(format_sdp(sdp)) == media);
    return *sdp.media[0].attribute("chatroom");
  };
  CHECK(written({}) == "");
  CHECK(written({true, false}) == "nickname");
  CHECK(written({false, true}) == "private-messages");
  CHECK(written({true, true}) == "nickname private-messages");
}
