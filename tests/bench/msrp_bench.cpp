// CPU of the MSRP codec: requests decoded as they come from a socket, 64 KiB at a time, with the 200 of each
// encoded into one buffer. The reference in the same run is a plain copy of the same octets. A wrong count of
// messages, octets or answers ends the program.

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "msrp/decoder.hpp"
#include "msrp/encoder.hpp"
#include "msrp/reassembly.hpp"

namespace {

using namespace rcs;

constexpr std::size_t kRead = 65536;  // octets that a read gives at most

/// What a client sends: chunks of `size` octets of a message each its own, back to back, about `octets` of
/// them.
struct Stream {
  std::string octets;
  std::size_t requests = 0;
  std::size_t body_octets = 0;
};

Stream chunks(std::size_t size, std::size_t octets) {
  core::Random random(1);
  Stream out;
  msrp::Head head;
  head.method = "SEND";
  head.to_path = "msrp://gateway.example.com:2855/" + random.token(20) + ";tcp";
  head.from_path = "msrp://alice.example.com:7654/" + random.token(20) + ";tcp";
  head.failure_report = msrp::FailureReport::yes;
  head.content_type = "text/plain";
  head.has_body = true;
  while (out.octets.size() < octets) {
    std::string body(size, ' ');
    for (auto& c : body) c = static_cast<char>(random.below(256));
    head.transaction_id = msrp::new_transaction_id(random, body);
    head.message_id = random.token(16);
    head.byte_range = msrp::ByteRange{1, size, size};
    out.octets += msrp::encode(head, body, msrp::Flag::last);
    out.body_octets += size;
    ++out.requests;
  }
  return out;
}

/// Decodes all of `stream` and appends the answers; what was seen is counted.
Stream answer(msrp::Decoder& decoder, const Stream& stream, std::string& answers) {
  Stream seen;
  const msrp::Head* head = nullptr;
  for (std::string_view rest = stream.octets; !rest.empty();) {
    const auto piece = rest.substr(0, kRead);
    rest.remove_prefix(piece.size());
    decoder.feed(piece);
    while (auto item = decoder.next()) {
      if (const auto* arrived = std::get_if<msrp::HeadArrived>(&*item)) {
        RCS_ASSERT(arrived->defect.empty());
        head = arrived->head;
      } else if (const auto* part = std::get_if<msrp::BodyPart>(&*item)) {
        seen.body_octets += part->octets.size();
      } else {
        RCS_ASSERT(std::holds_alternative<msrp::End>(*item));
        msrp::append_response(answers, *head, 200, "OK");
        ++seen.requests;
      }
    }
  }
  return seen;
}

void check_answers(const std::string& answers, std::size_t requests) {
  msrp::Decoder decoder;
  decoder.feed(answers);
  std::size_t good = 0;
  while (auto item = decoder.next()) {
    const auto* arrived = std::get_if<msrp::HeadArrived>(&*item);
    if (arrived != nullptr && arrived->defect.empty() && arrived->head->status == 200) ++good;
  }
  RCS_ASSERT(good == requests && decoder.between_messages());
}

void count(benchmark::State& state, const Stream& stream) {
  const auto runs = static_cast<std::int64_t>(state.iterations());
  state.SetBytesProcessed(runs * static_cast<std::int64_t>(stream.octets.size()));
  state.SetItemsProcessed(runs * static_cast<std::int64_t>(stream.requests));
}

constexpr std::size_t kStream = 1 << 20;

void reference_copy(benchmark::State& state) {
  const auto stream = chunks(static_cast<std::size_t>(state.range(0)), kStream);
  std::string into(kRead, '\0');
  for (auto _ : state) {
    for (std::string_view rest = stream.octets; !rest.empty();) {
      const auto piece = rest.substr(0, kRead);
      rest.remove_prefix(piece.size());
      std::memcpy(into.data(), piece.data(), piece.size());
      benchmark::DoNotOptimize(into.data());
      benchmark::ClobberMemory();
    }
  }
  count(state, stream);
}
BENCHMARK(reference_copy)->Arg(200)->Arg(2048)->Arg(65536);

void decode_and_answer(benchmark::State& state) {
  const auto stream = chunks(static_cast<std::size_t>(state.range(0)), kStream);
  msrp::Decoder decoder;
  std::string answers;
  for (auto _ : state) {
    answers.clear();
    const auto seen = answer(decoder, stream, answers);
    RCS_ASSERT(seen.requests == stream.requests && seen.body_octets == stream.body_octets);
    benchmark::DoNotOptimize(answers.data());
  }
  check_answers(answers, stream.requests);
  count(state, stream);
}
BENCHMARK(decode_and_answer)->Arg(200)->Arg(2048)->Arg(65536);

/// The slowest body: each octet begins or goes on with what may be an end-line.
void decode_look_alikes(benchmark::State& state) {
  auto stream = chunks(65536, 1);
  const std::string_view look_alike = "\r\n-------";
  const auto body = stream.octets.find("\r\n\r\n") + 4;
  for (std::size_t i = 0; i < stream.body_octets; ++i)
    stream.octets[body + i] = look_alike[i % look_alike.size()];
  msrp::Decoder decoder;
  std::string answers;
  for (auto _ : state) {
    answers.clear();
    const auto seen = answer(decoder, stream, answers);
    RCS_ASSERT(seen.requests == 1 && seen.body_octets == stream.body_octets);
  }
  check_answers(answers, 1);
  count(state, stream);
}
BENCHMARK(decode_look_alikes);

void encode_requests(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const auto stream = chunks(size, 1);
  msrp::Decoder decoder;
  decoder.feed(stream.octets);
  const auto item = decoder.next();
  const auto head = *std::get<msrp::HeadArrived>(*item).head;
  const std::string body(size, 'x');
  std::string out;
  for (auto _ : state) {
    out.clear();
    RCS_ASSERT(msrp::find_end_line(body, head.transaction_id) == std::string::npos);
    msrp::append_head(out, head);
    out.append(body);
    msrp::append_end(out, head, msrp::Flag::last);
    benchmark::DoNotOptimize(out.data());
  }
  RCS_ASSERT(out.size() == stream.octets.size());
  count(state, stream);
}
BENCHMARK(encode_requests)->Arg(200)->Arg(2048)->Arg(65536);

/// The same with whole messages collected; ids repeat in each run, so each run has a reassembly of its own.
void collect_messages(benchmark::State& state) {
  const auto stream = chunks(static_cast<std::size_t>(state.range(0)), kStream);
  msrp::Decoder decoder;
  for (auto _ : state) {
    msrp::Reassembly messages;
    std::size_t whole = 0;
    for (std::string_view rest = stream.octets; !rest.empty();) {
      const auto piece = rest.substr(0, kRead);
      rest.remove_prefix(piece.size());
      decoder.feed(piece);
      while (auto item = decoder.next()) {
        if (const auto* arrived = std::get_if<msrp::HeadArrived>(&*item)) {
          RCS_ASSERT(messages.begin(*arrived->head));
        } else if (const auto* part = std::get_if<msrp::BodyPart>(&*item)) {
          RCS_ASSERT(messages.add(part->octets));
        } else {
          const auto end = messages.end(std::get<msrp::End>(*item).flag);
          RCS_ASSERT(end);
          whole += end->message ? 1 : 0;
        }
      }
    }
    RCS_ASSERT(whole == stream.requests);
  }
  count(state, stream);
}
BENCHMARK(collect_messages)->Arg(200)->Arg(2048)->Arg(65536);

}  // namespace
