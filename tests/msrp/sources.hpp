#pragma once
// Messages to send and content to pull, for tests.

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "msrp/outgoing.hpp"

namespace rcs::msrp {

inline Outgoing outgoing(std::uint64_t session, const std::string& id, std::string content) {
  Outgoing out;
  out.session = SessionId{session};
  out.message_id = id;
  out.to_path = "msrp://b.example:1/bob;tcp";
  out.from_path = "msrp://a.example:2/alice;tcp";
  out.content_type = "text/plain";
  out.content = std::move(content);
  return out;
}

inline Outgoing bodiless(std::uint64_t session, const std::string& id) {
  auto out = outgoing(session, id, {});
  out.content_type.clear();
  out.content = std::monostate();
  return out;
}

/// Gives text as far as it is there.
struct TextSource : Source {
  struct Text {
    std::string octets;
    std::size_t at = 0;
    std::size_t most = SIZE_MAX;  ///< a pull
    State after = State::end;     ///< its octets
    std::optional<std::uint64_t> size;
  };
  explicit TextSource(Text& text_in) : text(&text_in) {}

  std::optional<std::uint64_t> size() const override { return text->size; }
  Pulled pull(std::span<char> into) override {
    const auto n = std::min({into.size(), text->most, text->octets.size() - text->at});
    std::memcpy(into.data(), text->octets.data() + text->at, n);
    text->at += n;
    return {n, text->at == text->octets.size() ? text->after : State::more};
  }

  Text* text;
};

inline Outgoing outgoing(std::uint64_t session, const std::string& id, TextSource::Text& text) {
  auto out = outgoing(session, id, std::string());
  out.content = std::make_unique<TextSource>(text);
  return out;
}

}  // namespace rcs::msrp
