#include "gateway/jsonrtc_frame.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "gateway/json_in.hpp"

namespace rcs::gateway {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 5> kTypes = {"request", "response", "message", "acknowledgement",
                                                    "error"};
constexpr std::array<std::string_view, 3> kStates = {"initial", "subsequent", "final"};

/// Takes the members of one block that are known by name; the first fault is kept, and the reading goes on.
class BlockReader {
 public:
  BlockReader(const json& block, std::string place, std::optional<FrameFault>& fault)
      : block_(block), place_(std::move(place)), fault_(fault) {}

  const json* take(const char* name) {
    known_.emplace_back(name);
    return member(block_, name);
  }
  std::optional<std::string> text(const char* name, std::size_t max) {
    const auto* value = take(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_string() && value->get_ref<const std::string&>().size() <= max)
      return value->get<std::string>();
    fail(name, "a string of at most " + std::to_string(max) + " octets");
    return std::nullopt;
  }
  void text(const char* name, std::size_t max, std::string& out) {
    if (auto value = text(name, max)) out = std::move(*value);
  }
  /// A number, or one in a string as the first of these programs wrote it (WSC-10).
  void number(const char* name, std::uint64_t min, std::optional<std::uint64_t>& out) {
    const auto* value = take(name);
    if (value == nullptr) return;
    std::optional<std::uint64_t> number;
    if (value->is_number_unsigned()) number = value->get<std::uint64_t>();
    if (value->is_string()) number = core::parse_u64(value->get_ref<const std::string&>());
    if (number && *number >= min && *number <= kMaxSequence) {
      out = number;
    } else {
      fail(name, "a whole number from " + std::to_string(min) + " to 2^53");
    }
  }
  void fail(const char* name, const std::string& wish) {
    if (!fault_) fault_ = FrameFault{400, place_ + "." + name + ": expected " + wish};
  }
  FrameMembers rest() const {
    FrameMembers out;
    for (const auto& item : block_.items()) {
      const bool known = std::find(known_.begin(), known_.end(), item.key()) != known_.end();
      if (!known) out.emplace_back(item.key(), item.value().dump());
    }
    return out;
  }

 private:
  const json& block_;
  std::string place_;
  std::optional<FrameFault>& fault_;
  std::vector<std::string> known_;
};

template <std::size_t N>
std::optional<std::size_t> index_of(const std::array<std::string_view, N>& words, std::string_view word) {
  const auto found = std::find_if(words.begin(), words.end(),
                                  [&](std::string_view known) { return core::iequals(known, word); });
  return found == words.end() ? std::nullopt : std::optional<std::size_t>(found - words.begin());
}

void read_control(const json& block, ReadFrame& out) {
  BlockReader reader(block, "control", out.fault);
  auto& frame = out.frame;
  const auto type = reader.text("type", kMaxFrameWord);
  const auto known = type ? index_of(kTypes, *type) : std::nullopt;
  if (known) frame.type = static_cast<FrameType>(*known);
  if (!known) reader.fail("type", "request, response, message, acknowledgement or error");
  reader.text("package_type", kMaxFrameWord, frame.package);
  reader.text("session_id", kMaxFrameWord, frame.session);
  reader.text("subsession_id", kMaxFrameWord, frame.subsession);
  reader.number("sequence", 1, frame.sequence);
  reader.number("ack_sequence", 0, frame.ack);
  reader.text("correlation_id", kMaxFrameWord, frame.correlation);
  if (const auto state = reader.text("message_state", kMaxFrameWord)) {
    const auto index = index_of(kStates, *state);
    if (index) frame.state = static_cast<FrameState>(*index);
    if (!index) reader.fail("message_state", "initial, subsequent or final");
  }
  if (const auto* version = reader.take("version")) {
    const bool text = version->is_string() && version->get_ref<const std::string&>().size() <= kMaxFrameWord;
    if (text) frame.version = version->get<std::string>();
    if (version->is_number()) frame.version = version->dump();
    if (!text && !version->is_number()) reader.fail("version", "a number or a string");
  }
  frame.control = reader.rest();
  if (frame.type == FrameType::acknowledgement) {
    if (!frame.ack) reader.fail("ack_sequence", "a number in an acknowledgement");
    return;
  }
  if (frame.package.empty()) reader.fail("package_type", "the name of a package");
  if (!frame.sequence) reader.fail("sequence", "a number");
}

void read_header(const json& block, ReadFrame& out) {
  BlockReader reader(block, "header", out.fault);
  auto& frame = out.frame;
  reader.text("action", kMaxFrameWord, frame.action);
  if (frame.action.empty()) reader.fail("action", "the name of an action");
  // As the patent's listings spell it (WSC-11, CAP-45).
  const auto misspelt = reader.text("initator", kMaxFrameAddress);
  reader.text("initiator", kMaxFrameAddress, frame.initiator);
  if (frame.initiator.empty() && misspelt) frame.initiator = *misspelt;
  reader.text("target", kMaxFrameAddress, frame.target);
  frame.enquiry_data = reader.text("enquiry_data", kMaxFrame);
  frame.header = reader.rest();
}

/// Writes `"name":value` after what is there.
void append(std::string& block, std::string_view name, std::string_view value) {
  if (block.back() != '{') block += ',';
  block.append(json_string(name)).append(":").append(value);
}
void append_text(std::string& block, std::string_view name, std::string_view text) {
  if (!text.empty()) append(block, name, json_string(text));
}

std::string control_text(const Frame& frame) {
  std::string out = "{";
  append_text(out, "type", kTypes[static_cast<std::size_t>(frame.type)]);
  append_text(out, "package_type", frame.package);
  if (frame.sequence) append(out, "sequence", std::to_string(*frame.sequence));
  if (frame.ack) append(out, "ack_sequence", std::to_string(*frame.ack));
  append_text(out, "correlation_id", frame.correlation);
  append_text(out, "session_id", frame.session);
  append_text(out, "subsession_id", frame.subsession);
  if (frame.state) append_text(out, "message_state", kStates[static_cast<std::size_t>(*frame.state)]);
  append_text(out, "version", frame.version);
  for (const auto& [name, value] : frame.control) append(out, name, value);
  return out + "}";
}

std::string header_text(const Frame& frame) {
  std::string out = "{";
  append_text(out, "action", frame.action);
  append_text(out, "initiator", frame.initiator);
  append_text(out, "target", frame.target);
  if (frame.enquiry_data) append(out, "enquiry_data", json_string(*frame.enquiry_data));
  for (const auto& [name, value] : frame.header) append(out, name, value);
  return out + "}";
}

}  // namespace

ReadFrame read_frame(std::string_view text) {
  ReadFrame out;
  const auto object = parse_object(text);
  if (!object) {
    out.fault = FrameFault{400, object.error().detail()};
    return out;
  }
  const auto* control = member(*object, "control");
  if (control == nullptr || !control->is_object()) {
    out.fault = FrameFault{400, "control: expected an object"};
    return out;
  }
  read_control(*control, out);
  const auto* header = member(*object, "header");
  const bool has_header = header != nullptr && header->is_object();
  if (has_header && out.frame.type != FrameType::acknowledgement) read_header(*header, out);
  if (!has_header && out.frame.type != FrameType::acknowledgement && !out.fault)
    out.fault = FrameFault{400, "header: expected an object"};
  const auto* payload = member(*object, "payload");
  if (payload == nullptr || payload->is_null()) return out;
  if (payload->is_object()) {
    out.frame.payload = payload->dump();
  } else if (!out.fault) {
    out.fault = FrameFault{400, "payload: expected an object"};
  }
  return out;
}

std::string write_frame(const Frame& frame) {
  std::string out = "{\"control\":" + control_text(frame);
  if (frame.type != FrameType::acknowledgement) out += ",\"header\":" + header_text(frame);
  if (!frame.payload.empty()) out += ",\"payload\":" + frame.payload;
  return out + "}";
}

FrameState state_of(const Frame& frame) {
  if (frame.state) return *frame.state;
  return frame.type == FrameType::request ? FrameState::initial : FrameState::final;
}

std::optional<std::string> text_of(const FrameMembers& members, std::string_view name) {
  for (const auto& [key, value] : members) {
    if (key != name) continue;
    const auto parsed = json::parse(value, nullptr, false);
    if (parsed.is_string()) return parsed.get<std::string>();
  }
  return std::nullopt;
}

std::optional<std::string> payload_text(const Frame& frame, const char* name) {
  if (frame.payload.empty()) return std::nullopt;
  const auto parsed = json::parse(frame.payload, nullptr, false);
  const auto* value = member(parsed, name);
  return value != nullptr && value->is_string() ? std::optional(value->get<std::string>()) : std::nullopt;
}

void add_text(FrameMembers& members, std::string name, std::string_view text) {
  members.emplace_back(std::move(name), json_string(text));
}

void add_number(FrameMembers& members, std::string name, std::uint64_t number) {
  members.emplace_back(std::move(name), std::to_string(number));
}

std::string correlation_of(const Frame& frame) {
  if (!frame.correlation.empty()) return frame.correlation;
  return frame.sequence ? "c" + std::to_string(*frame.sequence) : std::string();
}

Frame response_to(const Frame& request) {
  Frame out;
  out.type = FrameType::response;
  out.package = request.package;
  out.subsession = request.subsession;
  out.correlation = correlation_of(request);
  out.state = FrameState::final;
  out.action = request.action;
  out.initiator = request.initiator;
  out.target = request.target;
  return out;
}

Frame error_to(const Frame& request, int code, std::string_view reason) {
  auto out = response_to(request);
  out.type = FrameType::error;
  add_number(out.header, "error_code", static_cast<std::uint64_t>(code));
  add_text(out.header, "reason", reason);
  return out;
}

std::optional<std::size_t> find_asked(const Frame& answer, std::span<const AskedFrame> asked) {
  const auto find = [&](auto&& is_it) -> std::optional<std::size_t> {
    const auto found = std::find_if(asked.begin(), asked.end(), is_it);
    return found == asked.end() ? std::nullopt : std::optional<std::size_t>(found - asked.begin());
  };
  if (!answer.correlation.empty()) {
    return find([&](const AskedFrame& one) {
      const auto number = std::to_string(one.sequence);
      return answer.correlation == "c" + number || answer.correlation == number;
    });
  }
  if (!answer.subsession.empty()) {
    return find([&](const AskedFrame& one) {
      return one.subsession == answer.subsession && one.action == answer.action;
    });
  }
  return find(
      [&](const AskedFrame& one) { return answer.sequence == one.sequence && one.action == answer.action; });
}

void forget_content(Frame& request) {
  request.control.clear();
  request.header.clear();
  request.enquiry_data.reset();
  request.payload.clear();
}

std::size_t octets_of(const Frame& frame) {
  std::size_t octets = sizeof frame + frame.package.size() + frame.session.size() + frame.subsession.size() +
                       frame.correlation.size() + frame.version.size() + frame.action.size() +
                       frame.initiator.size() + frame.target.size() + frame.payload.size();
  if (frame.enquiry_data) octets += frame.enquiry_data->size();
  for (const auto* members : {&frame.control, &frame.header}) {
    for (const auto& [name, value] : *members) octets += name.size() + value.size();
  }
  return octets;
}

}  // namespace rcs::gateway
