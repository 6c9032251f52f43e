// Two endpoints under everything that may happen to them at random: whatever it is, each message that was
// taken has one end, none arrives twice, what was told delivered has arrived, and nothing is left over.

#include <map>
#include <set>

#include "msrp/endpoint_bench.hpp"
#include "support/catch.hpp"

using namespace rcs::msrp;
using rcs::core::Random;
using namespace std::chrono_literals;
namespace node = rcs::node;

namespace {

struct End {
  Bench* bench;
  LocalEnd local;
  std::optional<SessionId> session;
};
/// Two ends that talk to each other, when both are there.
struct Pair {
  End ends[2];
};

class Soak {
 public:
  explicit Soak(std::uint64_t seed)
      : random_(seed), a_(config(random_), seed), b_(config(random_), seed + 1) {
    line_.cut = [this](std::size_t size) { return 1 + random_.below(std::min<std::size_t>(size, 4000)); };
    const bool web = random_.below(3) == 0;
    for (int i = 0; i < 3; ++i) {
      const auto n = std::to_string(i);
      pairs_[i].ends[0] = {&a_, end("a" + n, web), {}};
      pairs_[i].ends[1] = {&b_, end("b" + n, web), {}};
    }
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step(pairs_[random_.below(3)]);
    line_.at_most = SIZE_MAX;
    line_.carry();
    for (auto* bench : {&a_, &b_}) bench->wait(2min);
    line_.carry();
    for (auto& pair : pairs_) {
      for (auto& end : pair.ends) {
        if (end.session) end.bench->close(*end.session);
      }
    }
    line_.carry();
    for (auto* bench : {&a_, &b_}) bench->wait(2min);
    line_.carry();
    check();
  }

  std::size_t arrived() const { return a_.arrived.size() + b_.arrived.size(); }

 private:
  static EndpointConfig config(Random& random) {
    EndpointConfig out;
    out.message_chunk = 2048 + random.below(9000);
    out.write_ahead = 5000 + random.below(50'000);
    out.outbound.sender.quantum = 2048 + random.below(9000);
    return out;
  }

  LocalEnd end(const std::string& name, bool web) {
    auto local = local_end(name, web, web ? "ws" : "tcp");
    local.pass_on = random_.below(3) == 0;
    local.hold_answers = random_.below(3) == 0;
    return local;
  }

  void step(Pair& pair) {
    const auto side = random_.below(2);
    auto& end = pair.ends[side];
    auto& other = pair.ends[1 - side];
    if (!end.session) {
      end.session = end.bench->open(end.local);
      return;
    }
    switch (random_.below(12)) {
      case 0:
        end.bench->start(*end.session, remote_end(other.local, side == 0));
        break;
      case 1:
      case 2:
      case 3:
        send(end);
        break;
      case 4:
        answer(end);
        break;
      case 5:
        if (random_.below(6) == 0) {
          end.bench->close(*end.session);
          end.session.reset();
        }
        break;
      case 6:
        if (random_.below(8) == 0) line_.break_all();
        break;
      case 7:
        line_.at_most = random_.below(3) == 0 ? random_.below(20'000) : SIZE_MAX;
        break;
      case 8: {
        const auto time = std::chrono::milliseconds(random_.below(random_.below(9) == 0 ? 40'000 : 100));
        for (auto* bench : {&a_, &b_}) bench->wait(time);
        break;
      }
      case 9:
        line_.refuses = random_.below(4) == 0;
        line_.answers = random_.below(4) != 0;
        break;
      default:
        line_.carry();
    }
  }

  void send(End& end) {
    auto message = text(std::string(random_.below(4) == 0 ? random_.below(60'000) : random_.below(50), 'x'));
    message.success_report = random_.below(2) == 0;
    const FailureReport kinds[] = {FailureReport::yes, FailureReport::partial, FailureReport::no};
    message.failure_report = kinds[random_.below(3)];
    const auto id = end.bench->send(*end.session, std::move(message));
    if (id) taken_[end.bench].push_back(*id);
  }

  void answer(End& end) {
    auto& arrived = end.bench->arrived;
    if (arrived.empty()) return;
    const auto& one = arrived[arrived.size() - 1 - random_.below(std::min<std::size_t>(5, arrived.size()))];
    end.bench->answer(*end.session, one.ticket, random_.below(4) == 0 ? 403 : 200);
  }

  void check() {
    for (auto* bench : {&a_, &b_}) {
      std::map<std::string, std::string> ends;
      for (const auto& [id, fate] : bench->fates) ends[id] += fate;
      for (const auto& id : taken_[bench]) {
        INFO(id << ": " << ends[id]);
        // s: sent, d: delivered, f: failed, u: unconfirmed.
        static const std::set<std::string> kAllowed = {"s", "sd", "d", "f", "su", "sf"};
        CHECK(kAllowed.contains(ends[id]));
        ends.erase(id);
      }
      CHECK(ends.empty());
      std::set<std::string> seen;
      for (const auto& each : bench->arrived) CHECK(seen.insert(each.message.message_id).second);
      const auto* other = bench == &a_ ? &b_ : &a_;
      for (const auto& [id, fate] : other->fates) {
        if (fate == 'd') CHECK(seen.contains(id));
      }
      CHECK(bench->timers.empty());
      CHECK(bench->endpoint.sessions() == 0);
      CHECK(bench->endpoint.connections() == 0);
    }
  }

  Random random_;
  Bench a_;
  Bench b_;
  Line line_{a_, b_};
  Pair pairs_[3];
  std::map<Bench*, std::vector<std::string>> taken_;
};

}  // namespace

TEST_CASE("MSRP-30, MSRP-58, MSRP-83: whatever happens, each message has one end and arrives at most once") {
  std::size_t arrived = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    INFO(seed);
    Soak soak(seed);
    soak.run(400);
    arrived += soak.arrived();
  }
  CHECK(arrived > 1000);
}
