#pragma once
// The trace decorator of one actor's MSRP connections: every chunk that goes or comes becomes a record,
// responses and REPORTs too. Stands between a node and the driver of its connections, live or virtual.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "core/time.hpp"
#include "msrp/decoder.hpp"
#include "node/stream.hpp"
#include "trace/recorder.hpp"

namespace rcs::harness {

/// Whose MSRP address that is; the address itself for a stranger.
using MsrpNames = std::function<std::string(const std::string& host, std::uint16_t port)>;

inline constexpr std::size_t kMaxRecordedChunk = 64 << 10;  ///< octets of a chunk that a record holds
inline constexpr std::size_t kMaxRecordedIds = 1024;  ///< messages of a connection that may be answered yet

class MsrpTap {
 public:
  /// SAFETY: `recorder` outlives the tap.
  MsrpTap(trace::Recorder& recorder, std::string actor, MsrpNames names);

  /// Before the driver carries it out.
  void on_action(core::Instant now, node::ConnectionId connection, const node::StreamAction& action);
  /// Before the node hears it; what the node then does is caused by the last chunk in it, until done().
  void on_news(core::Instant now, node::ConnectionId connection, const node::StreamNews& news);
  void done() { recorder_.done(); }

 private:
  /// The octets of one direction of a connection, cut into chunks.
  struct Stream {
    msrp::Decoder decoder;
    msrp::Head head;
    std::string body;    // the beginning of the chunk's
    std::string octets;  // the beginning of the whole chunk
    std::uint64_t begun_at = 0;
    std::uint64_t taken_to = 0;
  };
  /// A request that may be answered or reported on.
  struct Known {
    std::string method;
    std::string message_id;  // imdn.Message-ID
    trace::RecordId record;
  };
  struct Connection {
    Stream out;
    Stream in;
    std::map<std::string, Known> known;  // by transaction id, and by Message-ID
    std::deque<std::string> known_order;
  };

  template <class OnChunk>
  void cut(Stream& stream, std::string_view octets, OnChunk&& on_chunk);
  trace::Record make_record(core::Instant now, Connection& connection, const Stream& stream, msrp::Flag flag);
  void remember(Connection& connection, const Stream& stream, const trace::Record& record,
                trace::RecordId id);
  std::string name_of(const std::string& path) const;

  trace::Recorder& recorder_;
  std::string actor_;
  MsrpNames names_;
  std::map<node::ConnectionId, Connection> connections_;
};

}  // namespace rcs::harness
