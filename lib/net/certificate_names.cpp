#include "net/certificate_names.hpp"

#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>

#include "core/text.hpp"
#include "net/tls_impl.hpp"
#include "sip/uri.hpp"

namespace rcs::net {
namespace {

namespace ip = boost::asio::ip;
using OwnedNames = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;

constexpr std::size_t kMaxSaid = 3;        // names in a message to a person
constexpr std::size_t kMaxHostName = 253;  // RFC 1035: a longer one can be no host

std::string_view text_of(const ASN1_STRING* value) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

/// A name with a NUL or a line end in it is somebody's trick.
bool is_plain(std::string_view name) {
  return !name.empty() && name.size() <= kMaxHostName && !core::has_control(name);
}

std::string address_of(std::string_view octets) {
  ip::address_v4::bytes_type four;
  ip::address_v6::bytes_type sixteen;
  if (octets.size() == four.size()) {
    std::copy(octets.begin(), octets.end(), four.begin());
    return ip::address_v4(four).to_string();
  }
  if (octets.size() != sixteen.size()) return {};
  std::copy(octets.begin(), octets.end(), sixteen.begin());
  return ip::address_v6(sixteen).to_string();
}

/// The host of `sip:host`: a URI with a user speaks for that user alone.
std::string domain_of(std::string_view text) {
  const auto uri = sip::parse_uri(text);
  return uri && uri->scheme == "sip" && uri->user.empty() ? uri->host : std::string();
}

std::string common_name_of(X509* certificate) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  return std::string(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

void add_host(std::vector<std::string>& hosts, std::string_view name) {
  if (is_plain(name)) hosts.push_back(core::to_lower(name));
}

}  // namespace

bool CertificateNames::bear(std::string_view host) const {
  boost::system::error_code no_address;
  const auto address = ip::make_address(std::string(host), no_address);
  const auto wanted = no_address ? core::to_lower(host) : address.to_string();
  const auto& own = no_address ? hosts : addresses;
  return std::find(own.begin(), own.end(), wanted) != own.end();
}

std::string CertificateNames::to_string() const {
  std::vector<std::string> all = hosts;
  all.insert(all.end(), addresses.begin(), addresses.end());
  if (all.empty()) return "nobody";
  std::string text;
  for (std::size_t i = 0; i < std::min(all.size(), kMaxSaid); ++i) text += (i == 0 ? "" : ", ") + all[i];
  if (all.size() > kMaxSaid) text += " and " + std::to_string(all.size() - kMaxSaid) + " more";
  return text;
}

CertificateNames names_of_certificate(std::string_view der) {
  CertificateNames names;
  const auto* octets = reinterpret_cast<const unsigned char*>(der.data());
  const OwnedCertificate certificate(d2i_X509(nullptr, &octets, static_cast<long>(der.size())));
  if (certificate == nullptr) {
    static_cast<void>(take_openssl_words());
    return names;
  }
  int critical = -1;  // -1 afterwards: it has none
  const OwnedNames alternatives(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, &critical, nullptr)));
  if (alternatives == nullptr) {
    if (critical == -1) add_host(names.hosts, common_name_of(certificate.get()));
    return names;
  }
  std::vector<std::string> dns;
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type == GEN_URI) {
      add_host(names.hosts, domain_of(text_of(name->d.uniformResourceIdentifier)));
    } else if (name->type == GEN_DNS) {
      add_host(dns, text_of(name->d.dNSName));
    } else if (name->type == GEN_IPADD) {
      if (auto address = address_of(text_of(name->d.iPAddress)); !address.empty())
        names.addresses.push_back(std::move(address));
    }
  }
  if (names.hosts.empty()) names.hosts = std::move(dns);
  return names;
}

}  // namespace rcs::net
