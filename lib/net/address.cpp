#include "net/address.hpp"

#include <boost/asio/ip/address.hpp>

#include "core/text.hpp"

namespace rcs::net {
namespace {

core::Error expected(std::string_view text, std::string_view wish) {
  return core::malformed(core::quoted(text) + ": " + std::string(wish));
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  bool all_digits = true;
  for (const char c : host) {
    if (!core::is_alnum(c) && c != '.' && c != '-' && c != '_') return false;
    all_digits = all_digits && core::is_digit(c);
  }
  return !all_digits;
}

}  // namespace

std::string Address::to_string() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool Address::is_loopback() const {
  if (core::iequals(host, "localhost")) return true;
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(host, ec);
  return !ec && address.is_loopback();
}

bool Address::is_any() const {
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(host, ec);
  return !ec && address.is_unspecified();
}

core::Result<Address> parse_address(std::string_view text, std::uint16_t default_port) {
  constexpr std::string_view kForm = "expected ADDR:PORT, such as 127.0.0.1:8080, [::1]:8080 or :8080";
  Address address;
  address.port = default_port;
  std::string_view rest = text;
  boost::system::error_code ec;
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == std::string_view::npos) return expected(text, "no ] after the IPv6 address");
    address.host = rest.substr(1, end - 1);
    static_cast<void>(boost::asio::ip::make_address_v6(address.host, ec));
    if (ec) return expected(text, "not an IPv6 address between the brackets");
    rest.remove_prefix(end + 1);
  } else {
    const auto colon = rest.find(':');
    const std::string_view host = rest.substr(0, colon);
    if (colon != std::string_view::npos && rest.find(':', colon + 1) != std::string_view::npos) {
      return expected(text, "an IPv6 address needs brackets, such as [::1]:8080");
    }
    if (!host.empty()) {
      static_cast<void>(boost::asio::ip::make_address_v4(std::string(host), ec));
      if (ec && !is_host_name(host)) return expected(text, kForm);
      address.host = host;
    } else if (colon == std::string_view::npos) {
      return expected(text, kForm);
    }
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon);
  }
  if (rest.empty()) return address;
  if (rest.front() != ':') return expected(text, kForm);
  const auto port = core::parse_u32(rest.substr(1), 65535);
  if (!port) return expected(text, "expected a port from 0 to 65535 after the last colon");
  address.port = static_cast<std::uint16_t>(*port);
  return address;
}

}  // namespace rcs::net
