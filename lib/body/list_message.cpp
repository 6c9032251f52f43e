#include "body/list_message.hpp"

#include <utility>

#include "body/multipart.hpp"
#include "core/text.hpp"

namespace rcs::body {
namespace {

using core::Errc;
using core::Error;
using core::malformed;

constexpr std::string_view kMixed = "multipart/mixed";
constexpr std::string_view kList = "recipient-list";
constexpr std::string_view kHistory = "recipient-list-history";

/// In lower case; empty: none.
std::string disposition_of(const Part& part) {
  const auto* value = find_mime(part.headers, "Content-Disposition");
  const auto disposition = value == nullptr ? Result<MediaType>(MediaType{}) : parse_media_type(*value);
  return disposition ? core::to_lower(disposition->type) : std::string();
}

std::string type_of(const Part& part) {
  const auto type = part.media_type();
  return type ? type->type : std::string();
}

struct Parts {
  std::optional<Part> message;
  std::optional<Part> list;
};

/// Which of the parts is the message; the list, where one is asked for, and what may be skipped, are not.
Result<Parts> sort_parts(std::vector<Part> all, bool wants_list) {
  Parts out;
  bool is_spare = false;  // the message found so far might be skipped, too
  for (auto& part : all) {
    if (part.headers.empty() && part.content.empty()) continue;
    const auto disposition = disposition_of(part);
    if (disposition == kHistory) continue;
    if (wants_list && disposition == kList) {
      if (out.list) return malformed("list message: expected one recipient list, got two");
      out.list = std::move(part);
      continue;
    }
    const bool skips = is_optional(part);
    if (skips && out.message) continue;
    if (out.message && !is_spare)
      return Error(Errc::unsupported, "list message: expected one message, got another part of type " +
                                          core::quoted(type_of(part)));
    out.message = std::move(part);
    is_spare = skips;
  }
  if (!out.message) return malformed("list message: expected a message in it, got none");
  return out;
}

/// Nothing: the body is of another type.
Result<std::optional<std::vector<Part>>> split(std::string_view content_type, std::string_view content) {
  RCS_TRY(const auto type, parse_media_type(content_type));
  if (type.type != kMixed) return std::optional<std::vector<Part>>();
  const auto boundary = type.param("boundary");
  if (!boundary)
    return malformed("list message: expected a boundary parameter in " + core::quoted(type.to_string()));
  RCS_TRY(auto parts, parse_multipart(content, *boundary));
  return std::optional(std::move(parts));
}

TypedBody join(Part message, const std::vector<Recipient>& list, std::string disposition,
               core::Random& random) {
  std::vector<Part> parts;
  parts.push_back(std::move(message));
  parts.push_back(
      {{{"Content-Type", std::string(kRecipientListType)}, {"Content-Disposition", std::move(disposition)}},
       format_recipient_list(list)});
  const auto boundary = make_boundary(parts, random);
  return {std::string(kMixed) + ";boundary=\"" + boundary + '"', format_multipart(parts, boundary)};
}

}  // namespace

Result<ListMessage> read_list_message(std::string_view content_type, std::string_view content) {
  RCS_TRY(auto all, split(content_type, content));
  if (!all)
    return malformed("list message: expected multipart/mixed with a recipient list, got " +
                     core::quoted(content_type));
  RCS_TRY(auto parts, sort_parts(std::move(*all), true));
  if (!parts.list) return malformed("list message: expected a part of disposition recipient-list, got none");
  RCS_TRY(const auto type, parts.list->media_type());
  if (type.type != kRecipientListType)
    return Error(Errc::unsupported, "list message: expected a list of type " +
                                        std::string(kRecipientListType) + ", got " + core::quoted(type.type));
  ListMessage out;
  out.message = std::move(*parts.message);
  RCS_TRY(out.to, parse_recipient_list(parts.list->content));
  return out;
}

TypedBody make_list_message(Part message, const std::vector<Recipient>& to, core::Random& random) {
  return join(std::move(message), to, std::string(kList), random);
}

TypedBody add_list_history(Part message, const std::vector<Recipient>& history, core::Random& random) {
  return join(std::move(message), history, std::string(kHistory) + ";handling=optional", random);
}

Result<std::optional<Part>> take_message_part(std::string_view content_type, std::string_view content) {
  RCS_TRY(auto all, split(content_type, content));
  if (!all) return std::optional<Part>();
  RCS_TRY(auto parts, sort_parts(std::move(*all), false));
  return std::move(parts.message);
}

}  // namespace rcs::body
