#include "gateway/json_in.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "core/text.hpp"

namespace rcs::gateway {
namespace {

using nlohmann::json;

/// Builds the value and ends at the first fault, so that a hostile body costs no more than its good part.
class StrictReader : public nlohmann::json_sax<json> {
 public:
  explicit StrictReader(json& root) : builder_(root, false) {}

  bool null() override { return builder_.null(); }
  bool boolean(bool value) override { return builder_.boolean(value); }
  bool number_integer(number_integer_t value) override { return builder_.number_integer(value); }
  bool number_unsigned(number_unsigned_t value) override { return builder_.number_unsigned(value); }
  bool number_float(number_float_t value, const string_t& text) override {
    return builder_.number_float(value, text);
  }
  bool string(string_t& value) override { return builder_.string(value); }
  bool binary(binary_t& value) override { return builder_.binary(value); }
  bool start_object(std::size_t size) override {
    if (!deeper()) return false;
    names_.emplace_back();
    return builder_.start_object(size);
  }
  bool key(string_t& name) override {
    if (!names_.back().insert(name).second) {
      fault_ = "member " + core::quoted(name, 40) + " stands twice";
      return false;
    }
    return builder_.key(name);
  }
  bool end_object() override {
    --depth_;
    names_.pop_back();
    return builder_.end_object();
  }
  bool start_array(std::size_t size) override { return deeper() && builder_.start_array(size); }
  bool end_array() override {
    --depth_;
    return builder_.end_array();
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    fault_ = "no JSON at octet " + std::to_string(position);
    return false;
  }

  const std::string& fault() const { return fault_; }

 private:
  bool deeper() {
    if (++depth_ <= kMaxJsonDepth) return true;
    fault_ = "nested deeper than " + std::to_string(kMaxJsonDepth);
    return false;
  }

  nlohmann::detail::json_sax_dom_parser<json> builder_;
  std::vector<std::set<std::string, std::less<>>> names_;
  int depth_ = 0;
  std::string fault_;
};

}  // namespace

core::Result<json> parse_object(std::string_view text) {
  if (text.empty()) return core::malformed("body: expected a JSON object, got nothing");
  // The parser takes a zero octet for the end of the text.
  if (text.find('\0') != std::string_view::npos)
    return core::malformed("body: expected JSON, got a zero octet");
  json root;
  StrictReader reader(root);
  if (!json::sax_parse(text.begin(), text.end(), &reader)) {
    return core::malformed("body: " + (reader.fault().empty() ? "no JSON" : reader.fault()));
  }
  if (!root.is_object()) return core::malformed("body: expected a JSON object");
  return core::Result<json>(boost::system::in_place_value, std::move(root));
}

const json* member(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string to_utf8(std::string_view text) {
  if (core::is_utf8(text)) return std::string(text);
  const auto quoted = json(std::string(text)).dump(-1, ' ', false, json::error_handler_t::replace);
  return json::parse(quoted).get<std::string>();
}

std::string_view cut_utf8(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  // A character has at most three octets after its first; what has more is ill-formed anyway.
  std::size_t end = max;
  for (int i = 0; i < 3 && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80; ++i) --end;
  return text.substr(0, end);
}

std::string json_string(std::string_view text) {
  // Ids, states and most texts need no escape, and each event has several: the serializer took 2% of a
  // delivery.
  const bool plain = std::all_of(text.begin(), text.end(),
                                 [](char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\'; });
  if (plain) {
    std::string out;
    out.reserve(text.size() + 2);
    return out.append(1, '"').append(text).append(1, '"');
  }
  return json(std::string(text)).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace rcs::gateway
