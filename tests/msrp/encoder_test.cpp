#include "msrp/encoder.hpp"

#include <set>

#include "msrp/characters.hpp"
#include "msrp/events.hpp"
#include "support/catch.hpp"

using namespace rcs::msrp;
using rcs::core::Random;

namespace {

Head request(const std::string& method = "SEND") {
  Head head;
  head.transaction_id = "d93kswow";
  head.method = method;
  head.to_path = "msrp://b.example:1/bob;tcp msrp://c.example:3/carol;tcp";
  head.from_path = "msrp://a.example:2/alice;tcp msrp://d.example:4/dan;tcp";
  head.message_id = "12339sdqwer";
  return head;
}

}  // namespace

TEST_CASE("MSRP-2: new transaction ids are all different, well formed, and have more than 64 bits") {
  Random random(1);
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const auto id = new_transaction_id(random);
    CHECK(is_ident(id));
    CHECK(id.size() >= 13);  // of 36 characters: 67 bits
    ids.insert(id);
  }
  CHECK(ids.size() == 1000);
}

TEST_CASE("MSRP-4: paths first, Content-Type last, other headers of MIME before it") {
  auto head = request();
  head.success_report = true;
  head.failure_report = FailureReport::no;
  head.byte_range = ByteRange{1, {}, 25};
  head.others = {{"X-Own", "1"}, {"Content-ID", "<a@b>"}};
  head.content_type = "text/plain";
  head.has_body = true;
  CHECK(encode(head, "Hi", Flag::more) ==
        "MSRP d93kswow SEND\r\nTo-Path: msrp://b.example:1/bob;tcp msrp://c.example:3/carol;tcp\r\n"
        "From-Path: msrp://a.example:2/alice;tcp msrp://d.example:4/dan;tcp\r\nMessage-ID: 12339sdqwer\r\n"
        "Success-Report: yes\r\nFailure-Report: no\r\nByte-Range: 1-*/25\r\nX-Own: 1\r\nContent-ID: <a@b>\r\n"
        "Content-Type: text/plain\r\n\r\nHi\r\n-------d93kswow+\r\n");
}

TEST_CASE("MSRP-6, MSRP-7: no body has no empty line, an empty one has it") {
  auto head = request();
  const auto bodiless = encode(head, {}, Flag::last);
  CHECK(bodiless.ends_with("Message-ID: 12339sdqwer\r\n-------d93kswow$\r\n"));
  head.content_type = "text/plain";
  head.has_body = true;
  CHECK(encode(head, {}, Flag::last).ends_with("Content-Type: text/plain\r\n\r\n\r\n-------d93kswow$\r\n"));
}

TEST_CASE("MSRP-9: a transaction id whose end-line is in the body is not taken") {
  const auto first = new_transaction_id(*std::make_unique<Random>(7));
  Random same(7);
  const auto id = new_transaction_id(same, "x\r\n-------" + first + "$\r\n");
  CHECK(id != first);
  Random again(7);
  CHECK(new_transaction_id(again, "x\r\n------" + first + "$\r\n") == first);
  CHECK(find_end_line("ab-------d93kswow", "d93kswow") == 2);
  CHECK(find_end_line("ab------d93kswow", "d93kswow") == std::string_view::npos);
}

TEST_CASE("MSRP-9: a body that is written in pieces stops before its end-line, wherever the pieces part") {
  const std::string body = "first-------d93kswow$\r\nsecond";
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    CAPTURE(cut);
    EndLineGuard guard("d93kswow");
    std::string sent;
    for (const auto piece : {std::string_view(body).substr(0, cut), std::string_view(body).substr(cut)}) {
      const auto admitted = guard.admit(piece);
      sent += piece.substr(0, admitted);
      if (admitted < piece.size()) break;
    }
    CHECK(find_end_line(sent, "d93kswow") == std::string::npos);
    CHECK(sent == "first-------d93kswo");
  }
  EndLineGuard octet_by_octet("d93kswow");
  std::string sent;
  for (const char c : body) {
    if (octet_by_octet.admit({&c, 1}) == 0) break;
    sent += c;
  }
  CHECK(sent == "first-------d93kswo");
  EndLineGuard other("xxxxxxxx");
  CHECK(other.admit(body) == body.size());
}

TEST_CASE("MSRP-70: a response goes back to the first URI for SEND, along the whole path for others") {
  std::string out = "kept";
  append_response(out, request(), 200, "OK");
  CHECK(out ==
        "keptMSRP d93kswow 200 OK\r\nTo-Path: msrp://a.example:2/alice;tcp\r\n"
        "From-Path: msrp://b.example:1/bob;tcp\r\n-------d93kswow$\r\n");
  out.clear();
  append_response(out, request("NICKNAME"), 425);
  CHECK(out ==
        "MSRP d93kswow 425\r\nTo-Path: msrp://a.example:2/alice;tcp msrp://d.example:4/dan;tcp\r\n"
        "From-Path: msrp://b.example:1/bob;tcp\r\n-------d93kswow$\r\n");
}

TEST_CASE("MSRP-71: a REPORT has its Status in name space 000") {
  auto head = request("REPORT");
  head.byte_range = ByteRange{1, 39, 39};
  head.report_status = ReportStatus{408, "downstream"};
  CHECK(encode(head, {}, Flag::last)
            .ends_with("Byte-Range: 1-39/39\r\nStatus: 000 408 downstream\r\n-------d93kswow$\r\n"));
}

TEST_CASE("MSRP-3: no value can end its line or bring a header of its own") {
  auto head = request();
  head.others = {{"X", "a\r\nEvil: 1\x7f\tb"}, {"Not a name", "x"}, {"Y:\r\nZ", "x"}};
  CHECK(encode(head, {}, Flag::last).ends_with("X: a  Evil: 1 \tb\r\n-------d93kswow$\r\n"));
}

TEST_CASE("MSRP-163: a NICKNAME is a head with Use-Nickname, and no header of reports") {
  Head head;
  head.transaction_id = "d93kswow";
  head.method = "NICKNAME";
  head.to_path = "msrp://room.example:1/a;tcp";
  head.from_path = "msrp://a.example:2/alice;tcp";
  head.use_nickname = "\"Alice\"";
  CHECK(encode(head, {}, Flag::last) ==
        "MSRP d93kswow NICKNAME\r\nTo-Path: msrp://room.example:1/a;tcp\r\n"
        "From-Path: msrp://a.example:2/alice;tcp\r\nUse-Nickname: \"Alice\"\r\n-------d93kswow$\r\n");
}
