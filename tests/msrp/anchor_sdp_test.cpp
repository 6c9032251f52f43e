// What an anchor says in the place of a peer, and which offers it does not take.

#include "body/sdp.hpp"
#include "msrp/anchor_parties.hpp"
#include "msrp/offer.hpp"

using namespace rcs::msrp;
namespace body = rcs::body;
namespace node = rcs::node;
using node::StreamKind;
using rcs::core::Errc;

namespace {

const std::string kBrowser =
    "v=0\r\no=alice 17 2 IN IP4 0.0.0.0\r\ns=chat\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=setup:actpass\r\n"
    "m=message 9 TCP/TLS/MSRP *\r\na=accept-types:text/plain message/CPIM\r\n"
    "a=accept-wrapped-types:text/plain image/jpeg\r\na=max-size:10000\r\na=connection:new\r\n"
    "a=path:msrps://a1b2c3.invalid:443/alice1;ws\r\na=file-selector:name:\"a.jpg\"\r\na=sendonly\r\n";

struct Stage {
  StreamNet net;
  AnchorParty anchor{net};
  rcs::core::Result<Anchor::Offered> offer(const std::string& text, StreamKind in, StreamKind out) {
    return anchor.offer(body::parse_sdp(text).value(), AnchorParty::at(kInPort, in),
                        AnchorParty::at(kOutPort, out));
  }
};

}  // namespace

TEST_CASE("MSRP-144: an offer goes on with the place of the anchor and all else that it says") {
  Stage stage;
  const auto offered = stage.offer(kBrowser, StreamKind::wss, StreamKind::tcp);
  REQUIRE(offered);
  const auto text = body::format_sdp(offered->sdp);
  const auto path = attribute(offered->sdp, "path");
  CHECK(text ==
        "v=0\r\no=alice 17 2 IN IP4 anchor.example\r\ns=chat\r\nc=IN IP4 anchor.example\r\nt=0 0\r\n"
        "m=message 9002 TCP/MSRP *\r\nc=IN IP4 anchor.example\r\na=accept-types:text/plain message/CPIM\r\n"
        "a=accept-wrapped-types:text/plain image/jpeg\r\na=max-size:10000\r\na=connection:new\r\n"
        "a=file-selector:name:\"a.jpg\"\r\na=sendonly\r\na=path:" +
            path + "\r\na=setup:actpass\r\n");
  CHECK(path.starts_with("msrp://anchor.example:9002/"));
  CHECK(path.ends_with(";tcp"));

  const auto back = stage.anchor.answer(offered->session, sdp_of(kBobPath, "passive"));
  REQUIRE(back);
  CHECK(attribute(*back, "path").starts_with("msrps://anchor.example:9001/"));
  CHECK(attribute(*back, "path").ends_with(";ws"));
  CHECK(attribute(*back, "setup") == "passive");
  CHECK(attribute(*back, "accept-types") == "message/cpim text/plain");
  CHECK(attribute(*back, "fingerprint") == "sha-256 AB:CD");
  CHECK(back->media[0].protocol == "TCP/TLS/MSRP");
  const auto resource = attribute(*back, "ws-resource-path");
  CHECK(resource.size() == 33);
  CHECK(resource.starts_with('/'));
  // No two are alike, and nobody who knows one guesses another.
  const auto other = stage.offer(kBrowser, StreamKind::wss, StreamKind::tcp);
  CHECK(attribute(other->sdp, "path") != path);
}

TEST_CASE("MSRP-144: a client that reads the resource of a WebSocket connects there") {
  Stage stage;
  const auto offered = stage.offer(kBrowser, StreamKind::wss, StreamKind::tcp);
  const auto back = stage.anchor.answer(offered->session, sdp_of(kBobPath, "passive"));
  const auto media = body::msrp_media(*back, body::Setup::passive);
  REQUIRE(media);
  CHECK(media->ws_resource == attribute(*back, "ws-resource-path"));
  rcs::core::Random random(1);
  ListeningAt nowhere;
  nowhere.kind = StreamKind::wss;
  const auto local = make_local_end(nowhere, {{"*"}, {}}, random);
  const auto remote = read_answer(*media, local, nowhere);
  REQUIRE(remote);
  REQUIRE(remote->dial);
  CHECK(remote->dial->kind == StreamKind::wss);
  CHECK(remote->dial->host == "anchor.example");
  CHECK(remote->dial->port == kInPort);
  CHECK(remote->dial->resource == media->ws_resource);
  // What is no word in the first line of an HTTP request is no resource.
  for (const auto* bad : {"x", "/a b", "/a\x01", ""}) {
    auto sdp = *back;
    for (auto& field : sdp.media[0].attributes) {
      if (field.name == "ws-resource-path") field.value = bad;
    }
    CHECK(body::msrp_media(sdp)->ws_resource.empty());
  }
}

TEST_CASE("MSRP-147: an offer by another transport than that of the leg is refused") {
  const StreamKind kinds[] = {StreamKind::tcp, StreamKind::tls, StreamKind::ws, StreamKind::wss};
  for (const auto in : kinds) {
    for (const auto offered : kinds) {
      Stage stage;
      const auto sdp = sdp_of(path_for(offered, true), "actpass");
      const auto taken =
          stage.anchor.offer(sdp, AnchorParty::at(kInPort, in), AnchorParty::at(kOutPort, StreamKind::tcp));
      CHECK(taken.has_value() == (in == offered));
      CHECK((taken || taken.error().code() == Errc::unsupported));
      CHECK(stage.anchor.anchor.sessions() == (in == offered ? 1 : 0));
      if (!taken) continue;
      const auto wrong = sdp_of(path_for(StreamKind::tls, false), "passive");
      CHECK(stage.anchor.answer(taken->session, wrong).error().code() == Errc::unsupported);
      CHECK(stage.anchor.answer(taken->session, sdp_of(kBobPath, "passive")));
    }
  }
}

TEST_CASE("MSRP-123, MSRP-147: wss as transport says TLS by itself, and the anchor writes ws") {
  Stage stage;
  auto sdp = sdp_of("msrp://a1b2c3.invalid:443/alice1;wss", "actpass");
  const auto offered = stage.anchor.offer(sdp, AnchorParty::at(kInPort, StreamKind::wss),
                                          AnchorParty::at(kOutPort, StreamKind::wss));
  REQUIRE(offered);
  CHECK(attribute(offered->sdp, "path").ends_with(";ws"));
  CHECK(attribute(offered->sdp, "path").starts_with("msrps://"));
}

TEST_CASE("MSRP-148: two WebSocket legs are both the anchor's") {
  Stage stage;
  const auto offered = stage.offer(kBrowser, StreamKind::wss, StreamKind::wss);
  REQUIRE(offered);
  const auto back = stage.anchor.answer(offered->session, sdp_of(kWebBobPath, "active"));
  REQUIRE(back);
  for (const auto* sdp : {&offered->sdp, &*back}) {
    const auto text = body::format_sdp(*sdp);
    CHECK(text.find(".invalid") == std::string::npos);
    CHECK(text.find("a=ws-resource-path:/") != std::string::npos);
  }
  CHECK(attribute(offered->sdp, "ws-resource-path") != attribute(*back, "ws-resource-path"));
  CHECK(stage.net.dials().empty());
}

TEST_CASE("MSRP-144, MSRP-148: no line of an offer leads past the anchor") {
  Stage stage;
  auto sdp = sdp_of(kAlicePath, "actpass");
  sdp.media.insert(sdp.media.begin(), sdp.media[0]);
  sdp.media[0].protocol = "UDP/MSRP";
  sdp.media.push_back(sdp.media[1]);
  auto& audio = sdp.media.emplace_back();
  audio.media = "audio";
  audio.port = 4000;
  audio.protocol = "RTP/AVP";
  sdp.attributes = {{"fingerprint", "sha-256 AA"}};
  const auto offered = stage.anchor.offer(sdp, AnchorParty::at(kInPort, StreamKind::tcp),
                                          AnchorParty::at(kOutPort, StreamKind::tcp));
  REQUIRE(offered);
  const auto& lines = offered->sdp.media;
  REQUIRE(lines.size() == 4);
  CHECK(lines[0].port == 0);
  CHECK(lines[1].port == kOutPort);
  CHECK(lines[1].connection == kAnchorHost);
  CHECK(lines[2].port == 0);
  CHECK(lines[2].attribute("path") == nullptr);
  // What is no message is of others, with what the session says of it.
  CHECK(lines[3] == audio);
  CHECK(offered->sdp.connection == "alice.example");
  CHECK(offered->sdp.attributes == sdp.attributes);
}

TEST_CASE("MSRP-85: offers and answers that can not be anchored") {
  Stage stage;
  const auto refused = [&](body::Sdp sdp) {
    const auto at = AnchorParty::at(kInPort, StreamKind::tcp);
    const auto taken = stage.anchor.offer(std::move(sdp), at, at);
    REQUIRE_FALSE(taken);
    CHECK_FALSE(taken.error().detail().empty());
    return taken.error().code();
  };
  auto sdp = sdp_of(kAlicePath, "actpass");
  sdp.media[0].port = 0;
  CHECK(refused(sdp) == Errc::unsupported);
  CHECK(refused(body::Sdp()) == Errc::unsupported);
  sdp = sdp_of(kAlicePath, "actpass");
  sdp.media[0].attributes[1].value = "no URI";
  CHECK(refused(sdp) == Errc::malformed);
  sdp.media[0].attributes[1].value = "msrp://alice.example:9000/" + std::string(900, 'x') + ";tcp";
  for (int i = 0; i < 5; ++i)
    sdp.media[0].attributes[1].value += " msrp://alice.example:9000/" + std::string(900, 'x') + ";tcp";
  CHECK(refused(sdp) == Errc::too_large);
  // A middlebox that has put itself there without CEMA (CHAT-37).
  sdp = sdp_of("msrp://192.0.2.1:9000/alice1;tcp", "actpass");
  sdp.connection = "192.0.2.9";
  CHECK(refused(sdp) == Errc::unsupported);
  const AnchorSessionId nobody{7};
  CHECK(stage.anchor.answer(nobody, sdp).error().code() == Errc::unknown);
  CHECK(stage.anchor.anchor.sessions() == 0);
}
