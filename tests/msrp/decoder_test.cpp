#include "msrp/decoder.hpp"

#include "msrp/encoder.hpp"
#include "msrp/events.hpp"
#include "msrp/uri.hpp"
#include "support/catch.hpp"

using namespace rcs::msrp;
using rcs::core::Errc;

namespace {

const std::string kPaths =
    "To-Path: msrp://b.example:1/bob;tcp\r\nFrom-Path: msrp://a.example:2/alice;tcp\r\n";
const std::string kHead = "MSRP d93kswow SEND\r\n" + kPaths + "Message-ID: 12339sdqwer\r\n";

/// A SEND of text/plain.
std::string send(const std::string& body, char flag = '$') {
  return kHead + "Content-Type: text/plain\r\n\r\n" + body + "\r\n-------d93kswow" + flag + "\r\n";
}

Seen only(const std::string& octets) {
  const auto seen = decode_all(octets);
  CHECK(seen.error == "");
  REQUIRE(seen.messages.size() == 1);
  REQUIRE(seen.messages[0].end);
  return seen.messages[0];
}

/// Of a head whose lines behind the start-line are these.
std::string defect(const std::string& lines, const std::string& method = "SEND") {
  return only("MSRP d93kswow " + method + "\r\n" + lines + "-------d93kswow$\r\n").defect;
}

std::string error(const std::string& octets) { return decode_all(octets).error; }

}  // namespace

TEST_CASE(
    "MSRP-1: a transaction id has 4 to 32 characters of its alphabet, and begins with a letter or digit") {
  for (const std::string id : {"abcd", "a.-+%=Z9", "01234567890123456789012345678901"}) {
    CAPTURE(id);
    CHECK(only("MSRP " + id + " SEND\r\n" + kPaths + "Message-ID: 12339sdqwer\r\n-------" + id + "$\r\n")
              .head.transaction_id == id);
  }
  for (const std::string id : {"abc", "-abcd", "ab_d", "ab\td", "012345678901234567890123456789012"}) {
    CAPTURE(id);
    CHECK(error("MSRP " + id + " SEND\r\n").find("octet 0: expected MSRP, a transaction id") !=
          std::string::npos);
  }
}

TEST_CASE("MSRP-1: a Message-ID outside its alphabet is a defect, and the stream goes on") {
  CHECK(defect(kPaths + "Message-ID: a b c\r\n") ==
        "Message-ID: expected 4 to 32 characters of an id, got \"a b c\"");
  CHECK(defect(kPaths) == "Message-ID: expected this header, it is missing");
  const auto seen = decode_all("MSRP d93kswow SEND\r\n" + kPaths + "-------d93kswow$\r\n" + send("x"));
  REQUIRE(seen.messages.size() == 2);
  CHECK(seen.messages[0].defect != "");
  CHECK(seen.messages[1].defect == "");
  CHECK(seen.messages[1].body == "x");
}

TEST_CASE("MSRP-3: MSRP and the method are upper case") {
  CHECK(error("msrp d93kswow SEND\r\n").find("octet 0: expected a message") != std::string::npos);
  CHECK(error("MSRP d93kswow Send\r\n").find("octet 0: expected MSRP, a transaction") != std::string::npos);
  CHECK(error("MSRP d93kswow \r\n") != "");
  CHECK(error("MSRP d93kswow\r\n") != "");
}

TEST_CASE("MSRP-3: what is another protocol is told at the first octet that differs, without a line end") {
  Decoder decoder;
  decoder.feed("\x16\x03\x01");
  const auto item = decoder.next();
  REQUIRE(item);
  CHECK(std::get<rcs::core::Error>(*item).detail() ==
        "MSRP stream, octet 0: expected a message, which begins with \"MSRP \"");
  CHECK_FALSE(decoder.framed());
  decoder.feed(send("x"));
  CHECK_FALSE(decoder.next());
  CHECK(error(send("x") + "MSRQ") == "MSRP stream, octet " + std::to_string(send("x").size() + 3) +
                                         ": expected a message, which begins with \"MSRP \"");
}

TEST_CASE("MSRP-3: header names have no case, one blank follows the colon, lines are not folded") {
  const auto head = only(
                        "MSRP d93kswow SEND\r\nTO-PATH: a\r\nfrom-path:b\r\nmessage-id: 12339sdqwer\r\n"
                        "X-Own:  two\r\n-------d93kswow$\r\n")
                        .head;
  CHECK(head.to_path == "a");
  CHECK(head.from_path == "b");
  CHECK(head.others == std::vector<Header>{{"X-Own", " two"}});
  CHECK(defect(kPaths + "Message-ID: 12339sdqwer\r\nX: a\r\n b\r\n") ==
        "header: expected \"Name: value\", got \" b\"");
  CHECK(defect(kPaths + "Message-ID: 12339sdqwer\r\nnothing\r\n") != "");
  CHECK(defect(kPaths + "Message-ID: 12339sdqwer\r\nX: \x01\r\n") ==
        "header: expected no control characters, got \"X: \\x01\"");
  CHECK(defect(kPaths + "Message-ID: 12339sdqwer\r\nX: a\tb \xc3\xa9\r\n") == "");
}

TEST_CASE("MSRP-3: LF alone ends no line") {
  CHECK(error("MSRP d93kswow SEND\nTo-Path: a\r\n") ==
        "MSRP stream, octet 18: expected CRLF at the end of the line, got LF alone");
}

TEST_CASE("MSRP-3: empty lines between messages are let pass") {
  const auto seen = decode_all("\r\n\r\n" + send("a") + "\r\n\n" + send("b") + "\r\n");
  CHECK(seen.error == "");
  REQUIRE(seen.messages.size() == 2);
  CHECK(seen.messages[1].body == "b");
}

TEST_CASE("MSRP-4: To-Path then From-Path first, Content-Type last") {
  CHECK(defect("From-Path: a\r\nTo-Path: b\r\n").starts_with("first header: expected To-Path"));
  CHECK(defect("To-Path: a\r\nMessage-ID: 12339sdqwer\r\nFrom-Path: b\r\n")
            .starts_with("second header: expected From-Path"));
  CHECK(defect(kPaths + "To-Path: c\r\n").starts_with("first header: expected To-Path, and only there"));
  CHECK(defect(kPaths + "Message-ID: 12339sdqwer\r\nContent-Type: a/b\r\nX: y\r\n")
            .starts_with("header: expected Content-Type as the last one"));
  CHECK(defect(kPaths + "Message-ID: 12339sdqwer\r\nMessage-ID: other123\r\n")
            .starts_with("header: expected it once"));
  CHECK(defect("") == "To-Path: expected this header, it is missing");
  CHECK(defect("To-Path: a\r\n") == "From-Path: expected this header, it is missing");
  CHECK(defect("To-Path: \r\nFrom-Path: b\r\n") == "To-Path: expected at least one URI, got \"\"");
}

TEST_CASE("MSRP-5: an empty line before the body, a CRLF behind it that is not of the body") {
  CHECK(only(send("Hi")).body == "Hi");
  CHECK(only(send("Hi\r\n")).body == "Hi\r\n");
  CHECK(only(send("\r\n")).body == "\r\n");
  CHECK(only(send("\r\nHi")).body == "\r\nHi");
  CHECK(only(kHead + "\r\nHi\r\n-------d93kswow$\r\n").defect ==
        "Content-Type: expected it before a body, it is missing");
}

TEST_CASE("MSRP-6: without a body the end-line follows the last header") {
  const auto seen = only(kHead + "-------d93kswow$\r\n");
  CHECK_FALSE(seen.head.has_body);
  CHECK(seen.head.content_type == "");
  CHECK(seen.body == "");
  CHECK(error(kHead + "-------d93ksw$\r\n").find("expected the end-line of d93kswow") != std::string::npos);
  CHECK(error(kHead + "-------d93kswow\r\n").find("expected the end-line of d93kswow") != std::string::npos);
  CHECK(error(kHead + "-------\r\n").find("expected the end-line of d93kswow") != std::string::npos);
  CHECK_FALSE(only(kHead + "Content-Type: a/b\r\n-------d93kswow$\r\n").head.has_body);
}

TEST_CASE("MSRP-7: an empty body is a body, with or without the CRLF of its own") {
  const auto seen = only(send(""));
  CHECK(seen.head.has_body);
  CHECK(seen.body == "");
  const auto short_form = only(kHead + "Content-Type: text/plain\r\n\r\n-------d93kswow$\r\n");
  CHECK(short_form == seen);
}

TEST_CASE("MSRP-8: the flag tells last, more and abandoned") {
  CHECK(only(send("x", '$')).end == Flag::last);
  CHECK(only(send("x", '+')).end == Flag::more);
  CHECK(only(send("x", '#')).end == Flag::abandoned);
  CHECK(only(kHead + "-------d93kswow+\r\n").end == Flag::more);
}

TEST_CASE("MSRP-10: look-alikes of the end-line are body") {
  for (const std::string body :
       {"a\r\n-------other123$\r\nb", "a\r\n-------d93kswow\r\nb", "a\r\n-------d93kswow!\r\nb",
        "a\r\n-------d93kswow$b", "a\r\n-------d93kswow$\rb", "a\n-------d93kswow$\nb",
        "a\r\n--------d93kswow$\r\nb", "a\r\n------d93kswow$\r\nb", "\r\r\n-------d93kswo",
        "a\r\n-------d93kswowx$\r\n", "\r\n-------d93kswow$\r", "-------d93kswow", "-------d93kswow$\r"}) {
    CAPTURE(body);
    const auto octets = send(body);
    CHECK(only(octets).body == body);
    for (std::size_t size = 1; size < 12; ++size) CHECK(decode_in_pieces(octets, size) == decode_all(octets));
  }
}

TEST_CASE("MSRP-10: a body is any octets, NUL and bare CR and LF too") {
  std::string body;
  for (int i = 0; i < 1024; ++i) body += static_cast<char>(i * 7);
  body += std::string("\0\r\n\n\r\r\r\n", 8);
  CHECK(only(send(body)).body == body);
}

TEST_CASE("MSRP-11: what is no SEND carries at most 10240 octets") {
  const auto report = [](std::size_t size, const std::string& method) {
    return "MSRP d93kswow " + method + "\r\n" + kPaths + "Content-Type: text/plain\r\n\r\n" +
           std::string(size, 'x') + "\r\n-------d93kswow$\r\n";
  };
  CHECK(only(report(10240, "NICKNAME")).body.size() == 10240);
  CHECK(only(report(10241, "SEND")).body.size() == 10241);
  const auto long_one = report(10241, "NICKNAME");
  const auto at = long_one.find("\r\n\r\n") + 4 + 10240;
  const auto seen = decode_all(long_one);
  CHECK(seen.error ==
        "MSRP stream, octet " + std::to_string(at) + ": the body of what is no SEND is over 10240 octets");
  CHECK(decode_in_pieces(long_one, 1) == seen);
  CHECK(decode_in_pieces(long_one, 4096) == seen);
}

TEST_CASE("MSRP-12: unknown headers and methods are told, not judged") {
  const auto seen =
      only("MSRP d93kswow FROBNICATE\r\n" + kPaths + "X-Own: 1\r\nY: 2\r\n-------d93kswow$\r\n");
  CHECK(seen.defect == "");
  CHECK(seen.head.method == "FROBNICATE");
  CHECK(seen.head.others == std::vector<Header>{{"X-Own", "1"}, {"Y", "2"}});
}

TEST_CASE("MSRP-31: Success-Report and Failure-Report") {
  const auto head =
      only(kHead + "Success-Report: yes\r\nFailure-Report: partial\r\n-------d93kswow$\r\n").head;
  CHECK(head.success_report == true);
  CHECK(head.failure_report == FailureReport::partial);
  const auto bare = only(kHead + "-------d93kswow$\r\n").head;
  CHECK_FALSE(bare.success_report);
  CHECK_FALSE(bare.failure_report);
  CHECK(defect(kPaths + "Success-Report: partial\r\n") ==
        "Success-Report: expected yes or no, got \"partial\"");
  CHECK(defect(kPaths + "Failure-Report: 1\r\n") == "Failure-Report: expected yes, no or partial, got \"1\"");
}

TEST_CASE("MSRP-32: Byte-Range") {
  const auto range = [](const std::string& value) {
    return only(kHead + "Byte-Range: " + value + "\r\n-------d93kswow$\r\n").head.byte_range;
  };
  CHECK(range("1-39/39") == ByteRange{1, 39, 39});
  CHECK(range("2049-*/4385") == ByteRange{2049, {}, 4385});
  CHECK(range("1-*/*") == ByteRange{1, {}, {}});
  CHECK(range("1-0/0") == ByteRange{1, 0, 0});
  CHECK(range("4294967297-18446744073709551615/*") == ByteRange{4294967297, 18446744073709551615U, {}});
  for (const std::string bad : {"", "1", "1-2", "0-2/2", "*-2/2", "-2/2", "1-/2", "1-2/", "a-b/c",
                                "18446744073709551616-*/*", "+1-2/2", "1-2/2x", "1-2/2/2", "1 -2/2"}) {
    CAPTURE(bad);
    const auto text = defect(kPaths + "Byte-Range: " + bad + "\r\n");
    CHECK(text.starts_with("Byte-Range: expected start-end/total from 1 on"));
  }
}

TEST_CASE("MSRP-70: a response has a status, perhaps a comment, and no Message-ID") {
  const auto ok = only("MSRP d93kswow 200 OK then\r\n" + kPaths + "-------d93kswow$\r\n");
  CHECK(ok.defect == "");
  CHECK_FALSE(ok.head.is_request());
  CHECK(ok.head.status == 200);
  CHECK(ok.head.comment == "OK then");
  CHECK(only("MSRP d93kswow 481\r\n" + kPaths + "-------d93kswow$\r\n").head.status == 481);
  for (const std::string bad : {"20", "2000", "099", "2x0", "200x"}) {
    CAPTURE(bad);
    CHECK(error("MSRP d93kswow " + bad + "\r\n") != "");
  }
}

TEST_CASE("MSRP-71: a REPORT has a Status of name space 000") {
  const auto seen = only("MSRP d93kswow REPORT\r\n" + kPaths +
                         "Message-ID: 12339sdqwer\r\nByte-Range: 1-39/39\r\nStatus: 000 413 too much\r\n"
                         "-------d93kswow$\r\n");
  CHECK(seen.defect == "");
  CHECK(seen.head.report_status == ReportStatus{413, "too much"});
  const auto id = kPaths + "Message-ID: 12339sdqwer\r\n";
  CHECK(defect(id, "REPORT") == "Status: expected this header, it is missing");
  CHECK(defect(id + "Status: 000 099\r\n", "REPORT") ==
        "Status: expected 000 and three digits, got \"000 099\"");
  CHECK(defect(id + "Status: 000 20\r\n", "REPORT") ==
        "Status: expected 000 and three digits, got \"000 20\"");
}

TEST_CASE("a head has an end: 8192 octets, 64 headers, 16 URIs in a path") {
  const auto start = std::string("MSRP d93kswow SEND\r\n");
  const auto line = "X: " + std::string(kMaxHeadOctets - start.size() - 5, 'x') + "\r\n";
  CHECK(error(start + line).empty());
  const auto longer = start + "y" + line;
  CHECK(error(longer) == "MSRP stream, octet 8192: the head is over 8192 octets");
  CHECK(decode_in_pieces(longer, 1) == decode_all(longer));
  std::string many = start + kPaths;
  for (std::size_t i = 2; i < kMaxHeaders; ++i) many += "X: y\r\n";
  CHECK(only(many + "-------d93kswow$\r\n").head.others.size() == kMaxHeaders - 2);
  CHECK(error(many + "X: y\r\n").find("the head has more than 64 headers") != std::string::npos);
  std::string path = "To-Path:";
  for (std::size_t i = 0; i < kMaxPathUris; ++i) path += " msrp://r:1/s;tcp";
  const std::string rest = "From-Path: a\r\nMessage-ID: 12339sdqwer\r\n";
  CHECK(defect(path + "\r\n" + rest) == "");
  CHECK(defect(path + " msrp://r:1/s;tcp\r\n" + rest) == "To-Path: expected at most 16 URIs");
}

TEST_CASE("the limits are of each message, not of the stream") {
  const auto one = "MSRP d93kswow NICKNAME\r\n" + kPaths + "X: " + std::string(5000, 'x') +
                   "\r\nContent-Type: a/b\r\n\r\n" + std::string(10000, 'x') + "\r\n-------d93kswow$\r\n";
  const auto seen = decode_all(one + one + one);
  CHECK(seen.error == "");
  CHECK(seen.messages.size() == 3);
}

TEST_CASE("a part of a body is what was fed, not a copy of it") {
  const auto octets = send(std::string(5000, 'x'));
  Decoder decoder;
  decoder.feed(octets);
  REQUIRE(decoder.next());
  const auto item = decoder.next();
  REQUIRE(item);
  const auto part = std::get<BodyPart>(*item).octets;
  CHECK(part.size() == 5000);
  CHECK(part.data() == octets.data() + octets.find("\r\n\r\n") + 4);
}

TEST_CASE("a chunk of more than 4 GiB keeps nothing and is counted") {
  constexpr std::uint64_t kMiB = 1 << 20;
  const auto octets = send("");
  const auto end = octets.size() - std::string_view("\r\n-------d93kswow$\r\n").size();
  const std::string body(kMiB, 'x');
  Decoder decoder;
  decoder.feed(std::string_view(octets).substr(0, end));
  REQUIRE(std::holds_alternative<HeadArrived>(*decoder.next()));
  REQUIRE_FALSE(decoder.next());
  std::uint64_t seen = 0;
  for (int i = 0; i < 4097; ++i) {
    decoder.feed(body);
    while (const auto item = decoder.next()) seen += std::get<BodyPart>(*item).octets.size();
    REQUIRE(decoder.held() == 0);
  }
  decoder.feed(std::string_view(octets).substr(end));
  REQUIRE(std::holds_alternative<End>(*decoder.next()));
  CHECK(seen == 4097 * kMiB);
  CHECK(decoder.offset() == octets.size() + 4097 * kMiB);
}

TEST_CASE("the decoder tells whether a message is begun, and how far it is") {
  Decoder decoder;
  Transcript seen;
  const auto octets = send("Hi");
  CHECK(decoder.between_messages());
  for (std::size_t i = 0; i < octets.size(); ++i) {
    decoder.feed(std::string_view(octets).substr(i, 1));
    drain(decoder, seen);
    CHECK(decoder.between_messages() == (i + 1 == octets.size()));
    CHECK(decoder.offset() == i + 1);
  }
}

TEST_CASE("MSRP-163: Use-Nickname is read as it is written, and once") {
  const std::string line = "Use-Nickname: \"Alice \\\"A\\\"\"\r\n";
  const auto seen = only("MSRP d93kswow NICKNAME\r\n" + kPaths + line + "-------d93kswow$\r\n");
  CHECK(seen.defect.empty());
  CHECK(seen.head.use_nickname == "\"Alice \\\"A\\\"\"");
  CHECK(seen.head.others.empty());
  CHECK(encode(seen.head, {}, Flag::last).find(line) != std::string::npos);
  // What it holds is for the room to judge, which has an answer for that.
  CHECK(defect(kPaths + "use-nickname: Alice\r\n", "NICKNAME").empty());
  CHECK(defect(kPaths, "NICKNAME").empty());
  CHECK_FALSE(defect(kPaths + line + line, "NICKNAME").empty());
}
