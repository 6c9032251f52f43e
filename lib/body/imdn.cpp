#include "body/imdn.hpp"

#include <array>
#include <utility>

#include "body/multipart.hpp"
#include "body/xml_impl.hpp"
#include "core/text.hpp"

namespace rcs::body {
namespace {

using core::malformed;

constexpr std::string_view kNamespace = "urn:ietf:params:xml:ns:imdn";
constexpr std::string_view kWhat = "IMDN";
constexpr int kMaxDepth = 4;  // the schema nests two
constexpr std::string_view kAnonymous = "sip:anonymous@anonymous.invalid";

constexpr std::array<std::pair<std::string_view, ImdnKind>, 3> kKinds = {{
    {"delivery-notification", ImdnKind::delivery},
    {"display-notification", ImdnKind::display},
    {"processing-notification", ImdnKind::processing},
}};
constexpr std::array<std::pair<std::string_view, ImdnStatus>, 7> kStatuses = {{
    {"delivered", ImdnStatus::delivered},
    {"displayed", ImdnStatus::displayed},
    {"processed", ImdnStatus::processed},
    {"stored", ImdnStatus::stored},
    {"failed", ImdnStatus::failed},
    {"forbidden", ImdnStatus::forbidden},
    {"error", ImdnStatus::error},
}};

template <class Table, class Value>
const char* name_of(const Table& table, Value value) {
  for (const auto& [name, entry] : table) {
    if (entry == value) return name.data();
  }
  return "error";
}

template <class Table>
auto find(const Table& table, std::string_view name) {
  std::optional<typename Table::value_type::second_type> out;
  for (const auto& [known, value] : table) {
    if (known == name) out = value;
  }
  return out;
}

ImdnStatus read_status(const pugi::xml_node& notification) {
  for (const auto& child : notification.children()) {
    if (xml::local_name(child) != "status") continue;
    for (const auto& word : child.children()) {
      if (const auto status = find(kStatuses, xml::local_name(word))) return *status;
    }
  }
  return ImdnStatus::error;
}

Result<void> read_content(const Part& part, std::vector<Imdn>& out, int depth) {
  RCS_TRY(const auto type, part.media_type());
  if (type.type == kImdnType) {
    if (out.size() == kMaxImdnParts)
      return core::Error(core::Errc::too_large,
                         "IMDN: more than " + std::to_string(kMaxImdnParts) + " in one message");
    RCS_TRY(auto imdn, parse_imdn(part.content));
    out.push_back(std::move(imdn));
    return {};
  }
  if (type.type != "multipart/mixed" || depth > 0) return {};
  const auto boundary = type.param("boundary");
  if (!boundary) return malformed("IMDN: expected a boundary parameter in " + core::quoted(type.to_string()));
  RCS_TRY(const auto parts, parse_multipart(part.content, *boundary));
  for (const auto& inner : parts) RCS_CHECK_OK(read_content(inner, out, depth + 1));
  return {};
}

std::string address_value(const std::string& uri) {
  return format_cpim_address({{}, uri.empty() ? std::string(kAnonymous) : uri});
}

}  // namespace

Result<Imdn> parse_imdn(std::string_view text) {
  pugi::xml_document document;
  RCS_CHECK_OK(xml::load(document, text, kWhat, "imdn", kMaxImdnOctets));
  const auto root = document.document_element();
  if (const auto space = xml::namespace_of(root); space != kNamespace) {
    return malformed("IMDN: expected the namespace " + std::string(kNamespace) + ", got " +
                     core::quoted(space));
  }
  Imdn out;
  bool told = false;
  // The schema nests the address and subject elements in places; in the field they stand side by side.
  const auto visit = [&](const auto& self, const pugi::xml_node& parent, int depth) -> void {
    if (depth > kMaxDepth) return;
    for (const auto& child : parent.children()) {
      const auto name = xml::local_name(child);
      const auto take = [&](std::string& into) {
        if (into.empty()) into = xml::text_of(child);
        self(self, child, depth + 1);
      };
      if (name == "message-id") take(out.message_id);
      if (name == "datetime") take(out.date_time);
      if (name == "recipient-uri") take(out.recipient_uri);
      if (name == "original-recipient-uri") take(out.original_recipient_uri);
      if (name == "subject") take(out.subject);
      const auto kind = find(kKinds, name);
      if (!kind || told) continue;
      told = true;
      out.kind = *kind;
      out.status = read_status(child);
    }
  };
  visit(visit, root, 0);
  if (out.message_id.empty()) return malformed("IMDN: expected a message-id, found none");
  if (!told) return malformed("IMDN: expected a delivery-, display- or processing-notification, found none");
  return out;
}

std::string format_imdn(const Imdn& imdn) {
  pugi::xml_document document;
  auto root = xml::start(document, "imdn", kNamespace);
  xml::add_text(root, "message-id", imdn.message_id);
  if (!imdn.date_time.empty()) xml::add_text(root, "datetime", imdn.date_time);
  // The schema wants both or neither.
  if (!imdn.recipient_uri.empty()) {
    xml::add_text(root, "recipient-uri", imdn.recipient_uri);
    xml::add_text(root, "original-recipient-uri",
                  imdn.original_recipient_uri.empty() ? imdn.recipient_uri : imdn.original_recipient_uri);
  }
  if (!imdn.subject.empty()) xml::add_text(root, "subject", imdn.subject);
  root.append_child(name_of(kKinds, imdn.kind))
      .append_child("status")
      .append_child(name_of(kStatuses, imdn.status));
  return xml::save(document);
}

Cpim make_imdn_cpim(const ImdnMessage& message) {
  Cpim cpim;
  cpim.add({}, "From", address_value(message.from));
  cpim.add({}, "To", address_value(message.to));
  if (message.date_time) cpim.add({}, "DateTime", core::format_rfc3339(*message.date_time));
  cpim.add(kImdnNamespace, "Message-ID", message.message_id);
  cpim.content.headers.push_back({"Content-Type", std::string(kImdnType)});
  cpim.content.headers.push_back({"Content-Disposition", "notification"});
  cpim.content.content = format_imdn(message.imdn);
  return cpim;
}

Result<std::vector<Imdn>> read_imdn_cpim(const Cpim& cpim) {
  std::vector<Imdn> out;
  RCS_CHECK_OK(read_content(cpim.content, out, 0));
  return out;
}

}  // namespace rcs::body
