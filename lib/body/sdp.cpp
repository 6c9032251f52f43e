#include "body/sdp.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace rcs::body {
namespace {

using core::Errc;
using core::Error;
using core::malformed;
using core::quoted;

constexpr std::size_t kMaxSdpLine =
    8192;  // the longest real line is an a=path over a few relays, some hundred octets

constexpr std::string_view kNicknameToken = "nickname";
constexpr std::string_view kPrivateToken = "private-messages";

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  while (!(text = core::trim(text)).empty()) {
    const auto word = text.substr(0, text.find_first_of(" \t"));
    out.push_back(word);
    text.remove_prefix(word.size());
  }
  return out;
}

bool is_raw_control(char c) { return c != '\t' && core::has_control({&c, 1}); }

const std::string* find_attribute(const std::vector<SdpAttribute>& attributes, std::string_view name) {
  for (const auto& attribute : attributes) {
    if (core::iequals(attribute.name, name)) return &attribute.value;
  }
  return nullptr;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Sdp> run() {
    bool versioned = false;
    std::size_t counted = 0;
    while (!text_.empty()) {
      const auto line = take_line();
      if (line.empty()) continue;
      if (line.size() > kMaxSdpLine)
        return too_large("a line of more than " + std::to_string(kMaxSdpLine) + " octets");
      if (line.size() < 2 || line[1] != '=') return bad("expected type=value", line);
      if (std::any_of(line.begin(), line.end(), is_raw_control))
        return bad("expected no control characters", line);
      // s= and t= are left out of the count, so that what format_sdp adds of them never passes the limit.
      if (line[0] != 's' && line[0] != 't' && ++counted > kMaxSdpLines) {
        return too_large("more than " + std::to_string(kMaxSdpLines) + " lines");
      }
      if (!versioned && line != "v=0") return bad("expected v=0 first", line);
      versioned = true;
      RCS_CHECK_OK(take(line));
    }
    if (!versioned) return malformed("SDP: expected v=0 first, found nothing");
    if (!has_origin_) return malformed("SDP: expected an o= line, found none");
    return std::move(sdp_);
  }

 private:
  std::string_view take_line() {
    ++number_;
    const auto end = text_.find('\n');
    auto line = text_.substr(0, end);
    text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
  }

  Error bad(std::string_view wish, std::string_view line) const {
    return malformed("SDP line " + std::to_string(number_) + ": " + std::string(wish) + ", got " +
                     quoted(line));
  }
  Error too_large(const std::string& what) const {
    return Error(Errc::too_large, "SDP line " + std::to_string(number_) + ": " + what);
  }

  Result<void> take(std::string_view line) {
    const auto value = line.substr(2);
    const bool in_media = !sdp_.media.empty();
    switch (line[0]) {
      case 'o':
        return in_media ? Result<void>() : take_origin(value, line);
      case 's':
        if (!in_media && !value.empty()) sdp_.session_name = value;
        return {};
      case 'c':
        return take_connection(value, line);
      case 'm':
        return take_media(value, line);
      case 'a':
        return take_attribute(value, line);
      default:
        return {};
    }
  }

  Result<void> take_origin(std::string_view value, std::string_view line) {
    const auto field = words(value);
    const auto id = field.size() == 6 ? core::parse_u64(field[1]) : std::nullopt;
    const auto version = field.size() == 6 ? core::parse_u64(field[2]) : std::nullopt;
    if (!id || !version || !is_internet(field[3], field[4]))
      return bad("expected o=user id version IN IP4|IP6 address", line);
    sdp_.origin_user = field[0];
    sdp_.session_id = *id;
    sdp_.session_version = *version;
    sdp_.origin_address = field[5];
    has_origin_ = true;
    return {};
  }

  Result<void> take_connection(std::string_view value, std::string_view line) {
    const auto field = words(value);
    if (field.size() != 3 || !is_internet(field[0], field[1]))
      return bad("expected c=IN IP4|IP6 address", line);
    const auto address = field[2].substr(0, field[2].find('/'));
    if (address.empty()) return bad("expected an address before the slash", line);
    (sdp_.media.empty() ? sdp_.connection : sdp_.media.back().connection) = address;
    return {};
  }

  Result<void> take_media(std::string_view value, std::string_view line) {
    const auto field = words(value);
    const auto port =
        field.size() < 4 ? std::nullopt : core::parse_u32(field[1].substr(0, field[1].find('/')), 65535);
    if (!port) return bad("expected m=media port protocol format, the port 0 to 65535", line);
    SdpMedia media;
    media.media = field[0];
    media.port = static_cast<std::uint16_t>(*port);
    media.protocol = field[2];
    media.formats.assign(field.begin() + 3, field.end());
    sdp_.media.push_back(std::move(media));
    return {};
  }

  Result<void> take_attribute(std::string_view value, std::string_view line) {
    const auto name = value.substr(0, value.find(':'));
    if (name.empty()) return bad("expected a=name or a=name:value", line);
    SdpAttribute attribute{std::string(name), name.size() == value.size()
                                                  ? std::string()
                                                  : std::string(value.substr(name.size() + 1))};
    (sdp_.media.empty() ? sdp_.attributes : sdp_.media.back().attributes).push_back(std::move(attribute));
    return {};
  }

  static bool is_internet(std::string_view net, std::string_view kind) {
    return core::iequals(net, "IN") && (core::iequals(kind, "IP4") || core::iequals(kind, "IP6"));
  }

  std::string_view text_;  // SAFETY: borrowed from parse_sdp's argument, which outlives the parser
  std::size_t number_ = 0;
  Sdp sdp_;
  bool has_origin_ = false;
};

// No value may begin a line of its own.
std::string clean(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_raw_control(c)) out += c;
  }
  return out;
}

// One blank-free field; where nothing is left of it, the placeholder keeps the fields behind it in their
// places.
std::string field(std::string_view text, std::string_view placeholder) {
  std::string out = clean(text);
  out.erase(std::remove_if(out.begin(), out.end(), [](char c) { return c == ' ' || c == '\t'; }), out.end());
  return out.empty() ? std::string(placeholder) : out;
}

std::string network(std::string_view address) {
  return (address.find(':') == std::string_view::npos ? "IN IP4 " : "IN IP6 ") + field(address, "0.0.0.0");
}

void append_attributes(std::string& out, const std::vector<SdpAttribute>& attributes) {
  for (const auto& [name, value] : attributes) {
    out += "a=" + clean(name) + (value.empty() ? "" : ':' + clean(value)) + "\r\n";
  }
}

std::optional<Setup> read_setup(std::string_view text) {
  const auto word = core::trim(text);
  if (core::iequals(word, "active")) return Setup::active;
  if (core::iequals(word, "passive")) return Setup::passive;
  if (core::iequals(word, "actpass")) return Setup::actpass;
  return std::nullopt;  // holdconn among them, which a message session ignores (RFC 6135 section 4.2.1)
}

/// Of the m= line, else of the session (RFC 8866 section 6.7).
MediaDirection read_direction(const SdpMedia& line, const Sdp& sdp) {
  for (const auto* attributes : {&line.attributes, &sdp.attributes}) {
    if (find_attribute(*attributes, "sendonly")) return MediaDirection::send_only;
    if (find_attribute(*attributes, "recvonly")) return MediaDirection::receive_only;
    if (find_attribute(*attributes, "sendrecv")) break;
  }
  return MediaDirection::both;
}

/// Tokens that nobody knows yet are for others.
std::optional<SdpChatRoom> read_chat_room(const SdpMedia& line) {
  const auto* tokens = line.attribute("chatroom");
  if (!tokens) return std::nullopt;
  SdpChatRoom out;
  for (const auto token : words(*tokens)) {
    if (core::iequals(token, kNicknameToken)) out.nicknames = true;
    if (core::iequals(token, kPrivateToken)) out.private_messages = true;
  }
  return out;
}

std::string chat_room_tokens(const SdpChatRoom& room) {
  std::string out(room.nicknames ? kNicknameToken : "");
  if (room.private_messages) out.append(out.empty() ? "" : " ").append(kPrivateToken);
  return out;
}

/// It goes into the first line of an HTTP request: what would not be one word there is none.
std::string read_ws_resource(const SdpMedia& line) {
  const auto* value = line.attribute("ws-resource-path");
  if (!value || !value->starts_with('/')) return {};
  const bool one_word = std::all_of(value->begin(), value->end(), [](char c) { return c > ' ' && c < 127; });
  return one_word ? *value : std::string();
}

std::vector<SdpFingerprint> read_fingerprints(const std::vector<SdpAttribute>& attributes) {
  std::vector<SdpFingerprint> out;
  for (const auto& attribute : attributes) {
    if (!core::iequals(attribute.name, "fingerprint")) continue;
    const auto field = words(attribute.value);
    if (field.size() == 2) out.push_back({std::string(field[0]), std::string(field[1])});
  }
  return out;
}

std::string_view setup_name(Setup setup) {
  switch (setup) {
    case Setup::passive:
      return "passive";
    case Setup::actpass:
      return "actpass";
    case Setup::active:
      break;
  }
  return "active";
}

}  // namespace

const std::string* SdpMedia::attribute(std::string_view name) const {
  return find_attribute(attributes, name);
}

Result<Sdp> parse_sdp(std::string_view text) { return Parser(text).run(); }

std::string format_sdp(const Sdp& sdp) {
  std::string out = "v=0\r\no=" + field(sdp.origin_user, "-") + ' ' + std::to_string(sdp.session_id) + ' ' +
                    std::to_string(sdp.session_version) + ' ' + network(sdp.origin_address) + "\r\n";
  const auto name = clean(sdp.session_name);
  out += "s=" + (name.empty() ? "-" : name) + "\r\n";
  if (!sdp.connection.empty()) out += "c=" + network(sdp.connection) + "\r\n";
  out += "t=0 0\r\n";
  append_attributes(out, sdp.attributes);
  for (const auto& media : sdp.media) {
    out +=
        "m=" + field(media.media, "-") + ' ' + std::to_string(media.port) + ' ' + field(media.protocol, "-");
    for (const auto& format : media.formats) out += ' ' + field(format, "*");
    out += media.formats.empty() ? " *\r\n" : "\r\n";
    if (!media.connection.empty()) out += "c=" + network(media.connection) + "\r\n";
    append_attributes(out, media.attributes);
  }
  return out;
}

Sdp make_msrp_sdp(const MsrpMedia& media, std::uint64_t session_id, std::uint64_t version) {
  Sdp sdp;
  sdp.session_id = session_id;
  sdp.session_version = version;
  sdp.origin_address = media.address;
  sdp.connection = media.address;
  auto& line = sdp.media.emplace_back();
  line.media = "message";
  line.port = media.port;
  line.protocol = media.tls ? "TCP/TLS/MSRP" : "TCP/MSRP";
  line.formats = {"*"};
  line.attributes.push_back({"accept-types", media.accept_types});
  if (!media.accept_wrapped_types.empty())
    line.attributes.push_back({"accept-wrapped-types", media.accept_wrapped_types});
  if (media.max_size) line.attributes.push_back({"max-size", std::to_string(*media.max_size)});
  line.attributes.push_back({"path", media.path});
  line.attributes.push_back({"setup", std::string(setup_name(media.setup))});
  if (!media.ws_resource.empty()) line.attributes.push_back({"ws-resource-path", media.ws_resource});
  if (media.cema) line.attributes.push_back({"msrp-cema", {}});
  if (media.chat_room) line.attributes.push_back({"chatroom", chat_room_tokens(*media.chat_room)});
  for (const auto& print : media.fingerprints)
    line.attributes.push_back({"fingerprint", print.hash + ' ' + print.value});
  if (media.direction == MediaDirection::send_only) line.attributes.push_back({"sendonly", {}});
  if (media.direction == MediaDirection::receive_only) line.attributes.push_back({"recvonly", {}});
  return sdp;
}

std::optional<MsrpMedia> msrp_media(const Sdp& sdp, Setup unsaid) {
  for (const auto& line : sdp.media) {
    const bool tls = core::iequals(line.protocol, "TCP/TLS/MSRP");
    const auto* path = line.attribute("path");
    const auto* types = line.attribute("accept-types");
    if (!core::iequals(line.media, "message") || (!tls && !core::iequals(line.protocol, "TCP/MSRP")) ||
        line.port == 0 || !path || core::trim(*path).empty() || !types) {
      continue;
    }
    const auto* wrapped = line.attribute("accept-wrapped-types");
    const auto* setup = line.attribute("setup");
    if (!setup) setup = find_attribute(sdp.attributes, "setup");
    MsrpMedia out;
    out.address = line.connection.empty() ? sdp.connection : line.connection;
    out.port = line.port;
    out.path = core::trim(*path);
    out.accept_types = core::trim(*types);
    if (wrapped) out.accept_wrapped_types = core::trim(*wrapped);
    out.setup = setup ? read_setup(*setup).value_or(unsaid) : unsaid;
    out.tls = tls;
    if (const auto* size = line.attribute("max-size")) out.max_size = core::parse_u64(core::trim(*size));
    out.cema = line.attribute("msrp-cema") != nullptr;
    out.direction = read_direction(line, sdp);
    out.chat_room = read_chat_room(line);
    out.ws_resource = read_ws_resource(line);
    out.fingerprints = read_fingerprints(line.attributes);
    if (out.fingerprints.empty()) out.fingerprints = read_fingerprints(sdp.attributes);
    return out;
  }
  return std::nullopt;
}

}  // namespace rcs::body
