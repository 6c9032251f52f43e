#pragma once
// What a presence server writes and reads, beside its role: checks PUBLISH and SUBSCRIBE requests (RFC 3903,
// RFC 6665), keeps what is published until the role says that it is not in force any more, and the dialogs of
// subscriptions; writes answers and NOTIFYs. The state of a user is one document made of all that its devices
// have published (PRES-8).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "body/pidf_elements.hpp"
#include "core/random.hpp"
#include "ims/directory.hpp"
#include "ims/role.hpp"
#include "sip/dialog.hpp"
#include "sip/message.hpp"

namespace rcs::ims {

/// Of one device; real ones publish up to 8 KiB. What is longer gets 413.
inline constexpr std::size_t kMaxPublishedOctets = 16U << 10;

inline constexpr std::string_view kPresenceAllow = "PUBLISH, SUBSCRIBE, OPTIONS";

class PresenceText {
 public:
  /// SAFETY: `directory` outlives this.
  PresenceText(NodeId self, std::string server, const Directory& directory, core::Random& random);

  /// Completes what is decided on, of a request to the server. A status to refuse it with before that; 0:
  /// none. Fills `extra` with header fields of the refusal.
  int read(const sip::Message& request, Signal& heard, std::vector<sip::Header>& extra);
  /// Completes the response to it, and keeps what it was about.
  void complete(const sip::Message& request, const Signal& heard, const Signal& reply,
                sip::Message& response);
  /// nullopt: of no subscription that is known.
  std::optional<sip::Message> make_notify(const Signal& signal);
  void forget(const Notice& notice);

  /// Publications and subscriptions that are kept.
  std::size_t open() const;

 private:
  struct Published {
    MessageHandle version;
    std::uint64_t number = 0;  ///< in the ids of its elements: the same in all its versions
    body::PresenceElements elements;
  };
  struct Watch {
    sip::Dialog dialog;
    std::string event;          ///< presence, with the id that the watcher gave it
    bool has_document = false;  ///< was told something: that there is nothing more is told, too
  };
  /// Of the PUBLISH that is being decided on.
  struct InHand {
    TxnKey txn;
    std::uint64_t number = 0;
    std::optional<body::PresenceElements> elements;
  };

  int read_publish(const sip::Message& request, Signal& heard, std::vector<sip::Header>& extra);
  int read_subscribe(const sip::Message& request, Signal& heard, std::vector<sip::Header>& extra);
  int read_state(const sip::Message& request, std::vector<sip::Header>& extra);
  MessageHandle version_named(std::string_view tag) const;
  const Published* find(UserId user, MessageHandle version) const;
  void keep(const Signal& heard, const Signal& reply);
  std::string document(UserId user) const;

  NodeId self_;
  std::string server_;
  const Directory& directory_;
  std::string tag_prefix_;  ///< of this life of the server: a restart forgets what was published
  std::unordered_map<UserId, std::vector<Published>> published_;  ///< in the order of their numbers
  std::unordered_map<CallKey, Watch> watches_;
  std::map<sip::DialogId, CallKey> dialogs_;
  InHand in_hand_;
  std::uint64_t last_number_ = 0;
  std::uint64_t last_call_ = 0;
};

}  // namespace rcs::ims
