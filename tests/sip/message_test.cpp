#include "sip/message.hpp"

#include "support/catch.hpp"

using namespace rcs::sip;

namespace {

Message request() {
  Message m;
  m.method = "INVITE";
  m.request_uri = make_sip_uri("bob", "b.example.com");
  Via top;
  top.host = "a.example.com";
  top.port = 5070;
  set_param(top.params, "branch", "z9hG4bK1");
  Via second = top;
  set_param(second.params, "branch", "z9hG4bK2");
  m.vias = {top, second};
  m.from.uri = make_sip_uri("alice", "a.example.com");
  set_param(m.from.params, "tag", "f");
  m.to.uri = m.request_uri;
  m.call_id = "c@a";
  m.cseq = CSeq{7, "INVITE"};
  m.record_routes.resize(2);
  m.record_routes[0].uri = make_sip_uri("", "p1");
  m.record_routes[1].uri = make_sip_uri("", "p2");
  m.add_header("Supported", "timer, 100rel");
  m.add_header("supported", "path");
  m.add_header("Subject", "x");
  m.body = "body";
  return m;
}

}  // namespace

TEST_CASE("header fields are found, added, replaced and removed without case") {
  auto m = request();
  REQUIRE(m.header("SUBJECT") != nullptr);
  CHECK(*m.header("subject") == "x");
  CHECK(m.header("Expires") == nullptr);
  CHECK(m.header_values("Supported") == std::vector<std::string_view>{"timer, 100rel", "path"});
  m.set_header("Supported", "gruu");
  CHECK(m.header_values("Supported") == std::vector<std::string_view>{"gruu"});
  CHECK(m.headers.front().name == "Supported");
  m.set_header("Expires", "60");
  CHECK(m.headers.back().value == "60");
  m.remove_header("subject");
  CHECK(m.header("Subject") == nullptr);
  CHECK(m.headers.size() == 2);
}

TEST_CASE("list fields are searched over all their values") {
  const auto m = request();
  CHECK(m.lists("supported", "TIMER"));
  CHECK(m.lists("Supported", "100rel"));
  CHECK(m.lists("Supported", "path"));
  CHECK_FALSE(m.lists("Supported", "time"));
  CHECK_FALSE(m.lists("Require", "timer"));
}

TEST_CASE("Expires is a number or nothing") {
  auto m = request();
  CHECK_FALSE(m.expires());
  m.set_header("Expires", " 3600 ");
  CHECK(m.expires() == 3600U);
  m.set_header("Expires", "4294967295");
  CHECK(m.expires() == 4294967295U);
  for (const auto* bad : {"4294967296", "-1", "1h", "", "Fri, 01 Jan 2010 16:00:00 GMT"}) {
    m.set_header("Expires", bad);
    CAPTURE(bad);
    CHECK_FALSE(m.expires());
  }
}

TEST_CASE("RFC 3261 8.2.6: a response copies what identifies the request") {
  const auto m = request();
  const auto ok = make_response(m, 200, "t");
  CHECK(ok.is_response());
  CHECK(ok.reason == "OK");
  CHECK(ok.vias == m.vias);
  CHECK(ok.from == m.from);
  CHECK(ok.to.uri == m.to.uri);
  CHECK(ok.to_tag() == "t");
  CHECK(ok.call_id == m.call_id);
  CHECK(ok.cseq == m.cseq);
  CHECK(ok.record_routes == m.record_routes);
  CHECK(ok.headers.empty());
  CHECK(ok.body.empty());
  CHECK_FALSE(ok.max_forwards);
}

TEST_CASE("RFC 3261 8.2.6.2: the To tag is added once, and not to a 100") {
  auto m = request();
  CHECK(make_response(m, 100, "t").to_tag().empty());
  CHECK(make_response(m, 180, "t").to_tag() == "t");
  CHECK(make_response(m, 180, "").to_tag().empty());
  set_param(m.to.params, "tag", "theirs");
  CHECK(make_response(m, 486, "t").to_tag() == "theirs");
}

TEST_CASE("RFC 3261 8.2.6.1: a 100 carries the Timestamp back") {
  auto m = request();
  m.add_header("Timestamp", "54.2");
  REQUIRE(make_response(m, 100, {}).header("Timestamp") != nullptr);
  CHECK(make_response(m, 180, "t").header("Timestamp") == nullptr);
}

TEST_CASE("reason phrases") {
  CHECK(reason_phrase(100) == "Trying");
  CHECK(reason_phrase(486) == "Busy Here");
  CHECK(reason_phrase(606) == "Not Acceptable");
  CHECK(reason_phrase(299) == "Unknown");
  CHECK(reason_phrase(0) == "Unknown");
  CHECK(reason_phrase(700) == "Unknown");
  CHECK(make_response(request(), 480, "t", "Gone Fishing").reason == "Gone Fishing");
  // The table is searched by halves: a line out of order would hide its neighbours.
  int known = 0;
  for (int status = 100; status < 700; ++status) known += reason_phrase(status) != "Unknown" ? 1 : 0;
  CHECK(known == 71);
}

TEST_CASE("a summary is one line for a person") {
  auto m = request();
  CHECK(summary(m) == "INVITE sip:bob@b.example.com");
  auto r = make_response(m, 486, "t");
  CHECK(summary(r) == "486 Busy Here (INVITE)");
  r.reason = "a\r\nb";
  CHECK(summary(r).find('\n') == std::string::npos);
}

TEST_CASE("a Via in its text form") {
  const auto m = request();
  CHECK(m.vias[0].to_string() == "SIP/2.0/UDP a.example.com:5070;branch=z9hG4bK1");
  CHECK(m.vias[0].branch() == "z9hG4bK1");
  Via via;
  via.transport = "TLS";
  via.host = "[2001:db8::1]";
  set_param(via.params, "rport", std::nullopt);
  CHECK(via.to_string() == "SIP/2.0/TLS [2001:db8::1];rport");
  CHECK(via.branch().empty());
}
