// The SIP codec under hostile octets. What holds for any input: a decoded message is the same after encode
// and decode; a stream gives the same items however it is cut; a URI or address survives its text form; a
// refusal can be answered or is let be.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.hpp"
#include "core/random.hpp"
#include "sip/codec.hpp"

namespace {

using rcs::core::Errc;
using rcs::core::Error;
using namespace rcs::sip;

void message_survives(std::string_view octets) {
  const auto first = decode(octets);
  if (!first) {
    if (const auto answer = bad_request_response(octets, first.error().detail())) {
      RCS_ASSERT(answer->is_response());
      RCS_ASSERT(!encode(*answer).empty());
    }
    return;
  }
  const auto second = decode(encode(*first));
  // One field may become several (a list of Vias), so a message near a limit may pass it.
  if (!second && second.error().code() == Errc::too_large) return;
  RCS_ASSERT(second);
  RCS_ASSERT(*first == *second);
  const auto answer = make_response(*first, 200, "totag");
  RCS_ASSERT(answer.vias == first->vias);
}

void address_survives(std::string_view text) {
  if (const auto uri = parse_uri(text)) {
    const auto again = parse_uri(uri->to_string());
    RCS_ASSERT(again && *again == *uri);
    RCS_ASSERT(equivalent(*uri, *again));
  }
  if (const auto list = parse_name_addr_list(text)) {
    for (const auto& address : *list) {
      const auto again = parse_name_addr(address.to_string());
      RCS_ASSERT(again && *again == address);
    }
  }
}

void drain(StreamDecoder& stream, std::vector<StreamDecoder::Item>& items) {
  while (auto item = stream.next()) {
    if (const auto* message = std::get_if<Message>(&*item)) {
      const auto alone = decode(stream.last_octets());
      RCS_ASSERT(alone && *alone == *message);
    }
    items.push_back(std::move(*item));
  }
}

bool same(const StreamDecoder::Item& a, const StreamDecoder::Item& b) {
  if (a.index() != b.index()) return false;
  if (const auto* message = std::get_if<Message>(&a)) return *message == std::get<Message>(b);
  if (const auto* error = std::get_if<Error>(&a)) return error->detail() == std::get<Error>(b).detail();
  return true;
}

void stream_is_the_same_in_pieces(std::string_view octets) {
  std::vector<StreamDecoder::Item> whole;
  StreamDecoder one;
  one.feed(octets);
  drain(one, whole);
  std::vector<StreamDecoder::Item> pieces;
  StreamDecoder many;
  rcs::core::Random random(rcs::core::Hash().add(octets).value());
  while (!octets.empty()) {
    const auto n = static_cast<std::size_t>(1 + random.below(random.below(4) == 0 ? 1 : 200));
    many.feed(octets.substr(0, n));
    octets.remove_prefix(std::min(n, octets.size()));
    drain(many, pieces);
  }
  RCS_ASSERT(whole.size() == pieces.size());
  for (std::size_t i = 0; i < whole.size(); ++i) RCS_ASSERT(same(whole[i], pieces[i]));
  RCS_ASSERT(one.framed() == many.framed());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  message_survives(octets);
  address_survives(octets.substr(0, octets.find('\n')));
  // The rest of the first line: with a corpus of messages that is where the URIs are.
  address_survives(octets.substr(std::min(octets.size(), octets.find(' ') + 1)).substr(0, 80));
  stream_is_the_same_in_pieces(octets);
  return 0;
}
