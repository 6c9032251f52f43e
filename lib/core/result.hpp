#pragma once
// What can fail and how it is told: a code that some caller reacts to, and words for a person that name the
// thing, the place and the wish. Result<T> is a value or an Error; what a peer can cause is a Result, a
// broken invariant is RCS_ASSERT.

#include <boost/system/result.hpp>
#include <string>
#include <utility>

namespace rcs::core {

/// A value exists only where some caller reacts to it.
enum class Errc {
  malformed,    ///< the input is not what its grammar asks for
  too_large,    ///< a named limit was passed
  unsupported,  ///< well formed, but of a kind we do not take
  unknown,      ///< names something that does not exist
  refused,      ///< the peer said no
  unreachable,  ///< no way to the peer
  timed_out,    ///< the peer did not answer in time
  internal,     ///< our own fault
};

class [[nodiscard]] Error {
 public:
  Error() = default;
  explicit Error(Errc code, std::string detail = {}) : code_(code), detail_(std::move(detail)) {}

  Errc code() const { return code_; }
  const std::string& detail() const { return detail_; }

 private:
  Errc code_ = Errc::internal;
  std::string detail_;
};

/// Called by boost::system::result when value() is asked of an error: a broken invariant, so it ends the
/// process with its words.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& place);

template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
 public:
  using boost::system::result<T, Error>::result;
};

inline Error malformed(std::string detail) { return Error(Errc::malformed, std::move(detail)); }

[[noreturn]] void assertion_failed(const char* what, const char* file, int line);

}  // namespace rcs::core

#define RCS_CONCAT_(a, b) a##b
#define RCS_CONCAT(a, b) RCS_CONCAT_(a, b)
#define RCS_TRY_(tmp, decl, expr) \
  auto tmp = (expr);              \
  if (!tmp) return tmp.error();   \
  decl = std::move(*tmp)
/// RCS_TRY(auto x, parse(text)); — x, or return the error. A statement, so not the body of an if without
/// braces.
#define RCS_TRY(decl, expr) RCS_TRY_(RCS_CONCAT(rcs_try_, __LINE__), decl, expr)
/// RCS_CHECK_OK(expr); — go on, or return the error of a Result<void>.
#define RCS_CHECK_OK(expr) \
  if (auto rcs_check_ = (expr); !rcs_check_) return rcs_check_.error()

/// On in release builds too: a broken invariant is never carried on with.
#define RCS_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::rcs::core::assertion_failed(#condition, __FILE__, __LINE__))
