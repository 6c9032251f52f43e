#include "body/cpim.hpp"

#include "core/random.hpp"
#include "core/text.hpp"
#include "support/catch.hpp"

using namespace rcs::body;
using rcs::core::Errc;
using rcs::core::Random;

namespace {

Cpim parse(std::string_view text) {
  const auto cpim = parse_cpim(text);
  REQUIRE(cpim);
  return *cpim;
}

Cpim parse_headers(const std::string& lines) { return parse(lines + "\r\nContent-Type: text/plain\r\n\r\n"); }

Errc refusal(const std::string& lines) {
  const auto cpim = parse_cpim(lines + "\r\nContent-Type: text/plain\r\n\r\n");
  REQUIRE_FALSE(cpim);
  return cpim.error().code();
}

}  // namespace

TEST_CASE("CPIM-1: headers, an empty line, MIME headers, an empty line, the content") {
  const auto cpim = parse(
      "From: MR SANDERS <im:piglet@100akerwood.com>\r\nTo: Depressed Donkey <im:eeyore@100akerwood.com>\r\n"
      "DateTime: 2000-12-13T13:40:00-08:00\r\nSubject: the weather\r\nSubject:;lang=fr beau temps\r\n\r\n"
      "Content-type: text/xml; charset=utf-8\r\nContent-ID: "
      "<1234567890@foo.com>\r\n\r\n<body>\r\n\r\n</body>");
  CHECK(cpim.from() == CpimAddress{"MR SANDERS", "im:piglet@100akerwood.com"});
  CHECK(cpim.to() == CpimAddress{"Depressed Donkey", "im:eeyore@100akerwood.com"});
  CHECK(*cpim.header("", "DateTime") == "2000-12-13T13:40:00-08:00");
  CHECK(cpim.content.media_type()->type == "text/xml");
  CHECK(cpim.content.content == "<body>\r\n\r\n</body>");
}

TEST_CASE("CPIM-1: a missing colon, a folded line, a missing content are refused") {
  CHECK(refusal("From <sip:a@b>\r\n") == Errc::malformed);
  CHECK(refusal("From: <sip:a@b>\r\n folded\r\n") == Errc::malformed);
  CHECK(refusal(": x\r\n") == Errc::malformed);
  CHECK(parse_cpim("").error().code() == Errc::malformed);
  CHECK(parse_cpim("From: <sip:a@b>\r\n").error().code() == Errc::malformed);
  CHECK(parse_cpim("From: <sip:a@b>\r\n\r\nHello there").error().code() == Errc::malformed);
}

TEST_CASE("CPIM-1: blanks of a value beyond the one after the colon are its own") {
  CHECK(*parse_headers("X:  a b \r\n").header("", "X") == " a b ");
  CHECK(*parse_headers("X:a\n").header("", "X") == "a");
  CHECK(*parse_headers("X:\r\n").header("", "X") == "");
}

TEST_CASE("CPIM-2: header names have case") {
  const auto cpim = parse_headers("from: <sip:a@b>\r\nCC: <sip:c@d>\r\n");
  CHECK_FALSE(cpim.from());
  CHECK(cpim.header("", "cc") == nullptr);
  CHECK(cpim.header("", "from") != nullptr);
}

TEST_CASE("CPIM-3: name characters, the dot only after a prefix") {
  CHECK(*parse_headers("!#$%&'*+-^_`|~09azAZ: x\r\n").header("", "!#$%&'*+-^_`|~09azAZ") == "x");
  for (const std::string name : {"A B", "A/B", "a.b.c", ".a", "a.", "A\xc3\xa9", "A\"", "A(", " A"}) {
    CAPTURE(name);
    CHECK(refusal(name + ": x\r\n") == Errc::malformed);
  }
}

TEST_CASE("CPIM-4: raw control characters and what is not UTF-8 are refused") {
  for (const std::string value : {"a\x01", "a\x7f", "a\rb", "\x1b[0m", "\xff", "\xc3"}) {
    CAPTURE(value);
    CHECK(refusal("Subject: " + value + "\r\n") == Errc::malformed);
  }
  CHECK(refusal(std::string("Subject: a\0b\r\n", 14)) == Errc::malformed);
  CHECK(*parse_headers("Subject: \xed\x95\x9c\xea\xb8\x80\r\n").header("", "Subject") ==
        "\xed\x95\x9c\xea\xb8\x80");
}

TEST_CASE("CPIM-5: control characters and the backslash are escaped, nothing else is") {
  CHECK(cpim_escape("a\\b\b\t\n\r") == "a\\\\b\\b\\t\\n\\r");
  CHECK(cpim_escape(std::string("\0\x1f\x7f", 3)) == "\\u0000\\u001f\\u007f");
  CHECK(cpim_escape("\"'<>:; \xc3\xa9") == "\"'<>:; \xc3\xa9");
}

TEST_CASE("CPIM-5: quotes inside a display name are escaped, those around it are not") {
  Cpim cpim;
  cpim.add("", "From", format_cpim_address({"Jack \"x\" \\ <y>", "sip:a@b"}));
  const auto text = format_cpim(cpim);
  CHECK(text.find("From: \"Jack \\\"x\\\" \\\\ <y>\" <sip:a@b>\r\n") == 0);
  CHECK(parse(text).from() == CpimAddress{"Jack \"x\" \\ <y>", "sip:a@b"});
}

TEST_CASE("CPIM-6: escapes are undone, unknown ones are their character, a lone one is dropped") {
  CHECK(cpim_unescape("a\\\\b\\b\\t\\n\\r\\\"\\'") == "a\\b\b\t\n\r\"'");
  CHECK(cpim_unescape("\\x\\q\\") == "xq");
  CHECK(cpim_unescape("\\u00E9\\u00e9\\uD55C") == "\xc3\xa9\xc3\xa9\xed\x95\x9c");
  CHECK(cpim_unescape("\\ud83d\\ude00") == "\xf0\x9f\x98\x80");
  CHECK(cpim_unescape("\\ud83d!\\ude00\\ud83d\\u0041\\ud83d") ==
        "\xef\xbf\xbd!\xef\xbf\xbd\xef\xbf\xbd"
        "A\xef\xbf\xbd");
  CHECK(cpim_unescape("\\u00g0\\u12") == "u00g0u12");
  CHECK(cpim_unescape("\\u0000") == std::string(1, '\0'));
}

TEST_CASE("CPIM-6: what was escaped comes back") {
  Random random(5);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (auto n = random.below(20); n > 0; --n)
      text += static_cast<char>(random.below(3) ? random.below(128) : '\\');
    CAPTURE(i);
    const auto escaped = cpim_escape(text);
    REQUIRE_FALSE(rcs::core::has_control(escaped));
    REQUIRE(cpim_unescape(escaped) == text);
  }
}

TEST_CASE("CPIM-7: addresses have a name of tokens, a quoted name or none") {
  CHECK(*parse_cpim_address("<sip:a@b>") == CpimAddress{"", "sip:a@b"});
  CHECK(*parse_cpim_address(" Jack of All <sip:a@b;x=y> ") == CpimAddress{"Jack of All", "sip:a@b;x=y"});
  CHECK(*parse_cpim_address("\"J, <x>\"<tel:+82>") == CpimAddress{"J, <x>", "tel:+82"});
  CHECK(*parse_cpim_address("sip:a@b") == CpimAddress{"", "sip:a@b"});
  for (const std::string text : {"", "<>", "< >", "<sip:a@b", "sip:a@b>", "<sip:a@b> x", "\"x <sip:a@b>",
                                 "<sip:a b>", "<sip:a\nb>", "a b"}) {
    CAPTURE(text);
    CHECK(parse_cpim_address(text).error().code() == Errc::malformed);
  }
}

TEST_CASE("CPIM-7: several To and cc headers are kept in their order") {
  const auto cpim = parse_headers("To: <sip:1@x>\r\ncc: <sip:2@x>\r\nTo: <sip:3@x>\r\n");
  REQUIRE(cpim.headers.size() == 3);
  CHECK(cpim.to()->uri == "sip:1@x");
  CHECK(cpim.headers[2].value == "<sip:3@x>");
}

TEST_CASE("CPIM-9: Subject parameters stand before the value") {
  const auto cpim =
      parse_headers("Subject:;lang=fr beau temps\r\nSubject:;a=\"x \\\" y\";b=c z\r\nSubject:;lang=de\r\n");
  CHECK(cpim.headers[0] == CpimHeader{"", "Subject", ";lang=fr", "beau temps"});
  CHECK(cpim.headers[1] == CpimHeader{"", "Subject", ";a=\"x \\\" y\";b=c", "z"});
  CHECK(cpim.headers[2] == CpimHeader{"", "Subject", ";lang=de", ""});
  CHECK(parse(format_cpim(cpim)) == cpim);
  CHECK(refusal("Subject:;a=\"open x\r\n") == Errc::malformed);
}

TEST_CASE("CPIM-10: the namespace URI counts, not the prefix") {
  const auto cpim = parse_headers(
      "NS: q <urn:ietf:params:imdn>\r\nq.Message-ID: 1\r\nNS: imdn <urn:other>\r\nimdn.Message-ID: 2\r\n");
  CHECK(*cpim.imdn("Message-ID") == "1");
  CHECK(*cpim.header("urn:other", "Message-ID") == "2");
}

TEST_CASE("CPIM-10: the default namespace can be changed and changed back") {
  const auto cpim = parse_headers(
      "From: <sip:a@b>\r\nNS: <urn:ietf:params:imdn>\r\nMessage-ID: 1\r\nFrom: x\r\nNS: c "
      "<urn:ietf:params:cpim-headers:>\r\n"
      "c.To: <sip:c@d>\r\nNS: <urn:ietf:params:cpim-headers:>\r\nSubject: s\r\n");
  CHECK(cpim.from()->uri == "sip:a@b");
  CHECK(*cpim.imdn("Message-ID") == "1");
  CHECK(*cpim.imdn("From") == "x");
  CHECK(cpim.to()->uri == "sip:c@d");
  CHECK(*cpim.header(kCpimNamespace, "Subject") == "s");
}

TEST_CASE("CPIM-10: an undeclared prefix means nothing, imdn is known without NS") {
  const auto cpim = parse_headers("x.From: <sip:evil@x>\r\nimdn.Message-ID: 1\r\nFrom: <sip:a@b>\r\n");
  CHECK(cpim.headers.size() == 2);
  CHECK(cpim.from()->uri == "sip:a@b");
  CHECK(*cpim.imdn("Message-ID") == "1");
}

TEST_CASE("CPIM-10: a bad NS header is refused") {
  for (const std::string value :
       {"", "imdn", "<>", "a b <urn:x>", "a.b <urn:x>", "imdn <urn:x", "imdn urn:x>"}) {
    CAPTURE(value);
    CHECK(refusal("NS: " + value + "\r\n") == Errc::malformed);
  }
}

TEST_CASE("CPIM-10: each namespace is declared once, before its headers") {
  Cpim cpim;
  cpim.add("", "From", "<sip:a@b>");
  cpim.add(kImdnNamespace, "Message-ID", "1");
  cpim.add("urn:x", "Y", "2");
  cpim.add(kImdnNamespace, "Original-To", "<sip:c@d>");
  cpim.content = {{{"Content-Type", "text/plain"}}, "hi"};
  CHECK(format_cpim(cpim) ==
        "NS: imdn <urn:ietf:params:imdn>\r\nNS: ns2 <urn:x>\r\nFrom: <sip:a@b>\r\nimdn.Message-ID: "
        "1\r\nns2.Y: 2\r\n"
        "imdn.Original-To: <sip:c@d>\r\n\r\nContent-Type: text/plain\r\n\r\nhi");
  CHECK(parse(format_cpim(cpim)) == cpim);
}

TEST_CASE("CPIM-11: Require of what we know passes, of anything else the message is not processed") {
  CHECK(refusal("Require: From,Vital\r\n") == Errc::unsupported);
  CHECK(refusal("Require: v.Message-ID\r\n") == Errc::unsupported);
  CHECK(refusal("NS: v <urn:v>\r\nRequire: v.Message-ID\r\n") == Errc::unsupported);
  CHECK(refusal("NS: imdn <urn:v>\r\nRequire: imdn.Message-ID\r\n") == Errc::unsupported);
  const auto cpim = parse_headers("NS: q <urn:ietf:params:imdn>\r\nRequire: From , q.Message-ID,\r\n");
  CHECK(*cpim.header("", "Require") == "From,imdn.Message-ID");
  CHECK(format_cpim(cpim).find("NS: imdn <urn:ietf:params:imdn>\r\n") == 0);
  CHECK(parse(format_cpim(cpim)) == cpim);
}

TEST_CASE("CPIM-12: unknown headers are ignored and kept in their order") {
  const auto cpim = parse_headers("X-One: 1\r\nFrom: <sip:a@b>\r\nX-Two: 2\r\n");
  REQUIRE(cpim.headers.size() == 3);
  CHECK(cpim.headers[0].name == "X-One");
  CHECK(cpim.headers[2].name == "X-Two");
}

TEST_CASE("CPIM: D17, a Content- field ends the headers where the empty line is missing") {
  const auto cpim = parse("From: <sip:a@b>\r\nContent-type: text/plain\r\n\r\nHi: there");
  CHECK(cpim.headers.size() == 1);
  CHECK(cpim.content.media_type()->type == "text/plain");
  CHECK(cpim.content.content == "Hi: there");
  const auto prefixed = parse("NS: content-x <urn:c>\r\ncontent-x.Y: 1\r\n\r\n\r\n");
  CHECK(*prefixed.header("urn:c", "Y") == "1");
}

TEST_CASE("CPIM: too many headers or prefixes are refused") {
  std::string lines;
  for (int i = 0; i < 64; ++i) lines += "X: 1\r\n";
  CHECK(parse_headers(lines).headers.size() == 64);
  CHECK(refusal(lines + "X: 1\r\n") == Errc::too_large);
  lines.clear();
  for (int i = 0; i < 200; ++i) lines += "NS: p" + std::to_string(i) + " <urn:" + std::to_string(i) + ">\r\n";
  CHECK(refusal(lines) == Errc::too_large);
}

TEST_CASE("CPIM: no value can break out of its header line") {
  Cpim cpim;
  cpim.add("", "Subject", "x\r\nFrom: <sip:evil@x>\r\n\r\nContent-Type: text/html\r\n\r\n");
  cpim.add("urn:a\r\nFrom: <sip:evil@x>", "Y", "1");
  cpim.add("", "Bad\r\nFrom", "<sip:evil@x>");
  cpim.headers.push_back({"", "Z", ";p\r\nFrom: <sip:evil@x>", "2"});
  cpim.content.headers.push_back({"Content-Type", "text/plain\r\n\r\n<evil>"});
  const auto again = parse(format_cpim(cpim));
  CHECK_FALSE(again.from());
  CHECK(again.headers.size() == 3);
  CHECK(*again.header("", "Subject") == cpim.headers[0].value);
  CHECK(again.content.content.empty());
}

TEST_CASE("CPIM: the content is never escaped nor unescaped") {
  Cpim cpim;
  cpim.content.headers.push_back({"Content-Type", "text/plain"});
  cpim.content.content = "\\n \\u0041 \\\\ \r\n\r\nFrom: <sip:evil@x>\r\n\t\"'";
  const auto text = format_cpim(cpim);
  CHECK(text.substr(text.size() - cpim.content.content.size()) == cpim.content.content);
  CHECK(parse(text) == cpim);
}
