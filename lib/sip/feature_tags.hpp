#pragma once
// Feature tags (RFC 3840, and the +g.3gpp lists of 3GPP TS 24.229): what a Contact says its device can do,
// and what an Accept-Contact (RFC 3841) asks for. They are read as peers write them: one parameter with a
// list or several of the same name, colons escaped or not, quoted or not, in any case (CAP-31). What each tag
// stands for is not known here.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sip/uri.hpp"

namespace rcs::sip {

inline constexpr std::string_view kIariRef = "+g.3gpp.iari-ref";  ///< a list of application ids
inline constexpr std::string_view kIcsiRef = "+g.3gpp.icsi-ref";  ///< a list of service ids
inline constexpr std::string_view kAppRef = "+g.3gpp.app_ref";    ///< what RCS 2 had for the first

/// Entries of one list past these are not read; a device with every service of RCS has about 25.
inline constexpr std::size_t kMaxTagEntries = 128;

/// By its name: a tag, and no other parameter of a Contact (q, expires, +sip.instance ...).
bool is_feature_tag(std::string_view name);

/// One tag, or one entry of its list.
struct FeatureTag {
  std::string name;   ///< lower case
  std::string value;  ///< unescaped, lower case; empty: it stands by itself
  std::string text;   ///< as it came, alone: `+g.3gpp.iari-ref="urn%3Aurn-7..."`
  friend bool operator==(const FeatureTag&, const FeatureTag&) = default;
};
/// The tags among the parameters, each entry of a list for itself. One that is said to be FALSE is left out.
std::vector<FeatureTag> read_feature_tags(const Params& params);
/// Is that tag there, or with `value` that whole entry of it (CAP-32)? As read_feature_tags, without a copy.
bool has_feature(const Params& params, std::string_view name, std::string_view value = {});

/// `name` with all values in one quoted list, colons escaped (CAP-30).
Param make_list_tag(std::string_view name, const std::vector<std::string>& values);
/// As they follow an address, or the * of an Accept-Contact: `;a="1";b`.
std::string format_params(const Params& params);
/// The parameters of each preference in an Accept-Contact or Reject-Contact value; none where it is
/// malformed.
std::vector<Params> parse_preferences(std::string_view value);

}  // namespace rcs::sip
