#pragma once
// Initial filter criteria (section 5 of the profile): which application server a request visits, by session
// case, method and headers. A plain value; whoever reads one from a file fills it in.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ims/signal.hpp"

namespace rcs::ims {

/// One service point trigger. What matches on header text is a flag of the Signal, set where the text is
/// still there.
struct Condition {
  enum class Kind : std::uint8_t { method, session_case, flag };
  Kind kind = Kind::method;
  Method method = Method::invite;
  SessionCase session_case = SessionCase::originating;
  Flag flag = Flag::chat_tag;
  bool negated = false;

  static Condition on(Method m) { return {.kind = Kind::method, .method = m}; }
  static Condition on(SessionCase c) { return {.kind = Kind::session_case, .session_case = c}; }
  static Condition on(Flag f) { return {.kind = Kind::flag, .flag = f}; }
  Condition operator!() const {
    Condition other = *this;
    other.negated = !negated;
    return other;
  }
};

/// Groups of conditions. CNF: all groups, in each any condition; DNF: any group, in it all conditions. No
/// group always matches.
struct Trigger {
  bool cnf = true;
  std::vector<std::vector<Condition>> groups;
};

enum class DefaultHandling : std::uint8_t { continue_ = 0, terminate = 1 };

struct Criterion {
  int priority = 0;  ///< lower first
  Trigger trigger;
  std::string server;  ///< name of a node: "t-imas"
  DefaultHandling default_handling = DefaultHandling::continue_;
};

struct Profile {
  std::vector<Criterion> criteria;
};

bool matches(const Trigger& trigger, const Signal& signal);

/// MESSAGE, and INVITE with a tag of chats or of messages, to the IM application servers, REGISTER to the
/// terminating one, OPTIONS to the server for these, SUBSCRIBE and PUBLISH to the presence server.
Profile default_profile();

/// A profile ready for use at one node: by priority, names resolved. At most 254 criteria: a Signal counts
/// them in an octet.
class FilterSet {
 public:
  struct Match {
    NodeId server;
    std::uint8_t next = 0;  ///< the odi to go on with
    DefaultHandling default_handling = DefaultHandling::continue_;
  };
  FilterSet() = default;
  /// Criteria whose server `resolve` does not know (NodeId{}) are left out.
  template <class Resolve>
  FilterSet(const Profile& profile, Resolve&& resolve) {
    for (const auto& criterion : profile.criteria) add(criterion, resolve(criterion.server));
    sort();
  }

  /// The first criterion at or after `signal.odi` that matches (IFC-1, IFC-2).
  std::optional<Match> next(const Signal& signal) const;
  /// The criterion before `odi`: the one a request sent with that odi was sent for.
  std::optional<Match> fired(std::uint8_t odi) const;

 private:
  void add(const Criterion& criterion, NodeId server);
  void sort();
  struct Entry {
    Criterion criterion;
    NodeId server;
  };
  std::vector<Entry> entries_;
};

inline constexpr std::size_t kMaxCriteria = 254;

}  // namespace rcs::ims
