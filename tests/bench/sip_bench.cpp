// CPU of the SIP codec and of a MESSAGE answered through our transactions. The reference in the same run is
// sofia-sip's own parser and printer on the same octets, which our codec contains.

#include <benchmark/benchmark.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/su_alloc.h>

#include "body/chat_body.hpp"
#include "core/random.hpp"
#include "sip/codec.hpp"
#include "sip/transaction.hpp"

namespace {

using namespace rcs;

/// A chat INVITE as the gateway sends it: CPIM text and SDP in a multipart body.
std::string chat_invite() {
  core::Random random(1);
  body::ChatText text;
  text.message_id = "ASedjkffjksjldf";
  text.from = "sip:01087654321@domain.com";
  text.to = "sip:01012345678@domain.com";
  text.text = "Hi, I'm Jack.";
  text.date_time = core::UnixMs{1325412610000};
  body::MsrpMedia media;
  media.address = "127.0.0.1";
  media.path = "msrp://127.0.0.1:9/abcdefgh;tcp";
  media.accept_types = "message/cpim application/im-iscomposing+xml";
  media.accept_wrapped_types = "text/plain message/imdn+xml";
  const auto typed = body::make_chat_body({text, body::make_msrp_sdp(media, 1, 1)}, random);
  sip::Message m;
  m.method = "INVITE";
  m.request_uri = sip::make_sip_uri("01012345678", "domain.com");
  m.vias.push_back({"TCP", "127.0.0.1", 5070, {{"branch", "z9hG4bK0123456789abcdef"}}});
  m.max_forwards = 70;
  m.from = {"", sip::make_sip_uri("01087654321", "domain.com"), {{"tag", "abcdefgh"}}};
  m.to = {"", sip::make_sip_uri("01012345678", "domain.com"), {}};
  m.call_id = "0123456789abcdef@127.0.0.1";
  m.cseq = {1, "INVITE"};
  m.contacts.push_back(
      {"", sip::make_sip_uri("01087654321", "127.0.0.1", 5070), {{"+g.oma.sip-im", std::nullopt}}});
  m.add_header("Subject", "Hi, I'm Jack.");
  m.add_header("Accept-Contact", "*;+g.oma.sip-im;explicit;require");
  m.add_header("Supported", "timer");
  m.add_header("Session-Expires", "1800;refresher=uac");
  m.add_header("Allow", "INVITE, ACK, CANCEL, BYE, UPDATE, MESSAGE, OPTIONS, NOTIFY, REFER");
  m.add_header("User-Agent", "rcsgw/0.1 (RCS chat toolkit)");
  m.add_header("Content-Type", typed.content_type);
  m.body = typed.content;
  return sip::encode(m);
}

sip::Message message_request(std::uint64_t n) {
  sip::Message m;
  m.method = "MESSAGE";
  m.request_uri = sip::make_sip_uri("bob", "127.0.0.1", 5060);
  m.vias.push_back({"UDP", "127.0.0.1", 5070, {{"branch", "z9hG4bK" + std::to_string(n)}}});
  m.max_forwards = 70;
  m.from = {"", sip::make_sip_uri("alice", "domain.com"), {{"tag", "1"}}};
  m.to = {"", sip::make_sip_uri("bob", "domain.com"), {}};
  m.call_id = "c" + std::to_string(n);
  m.cseq = {1, "MESSAGE"};
  m.add_header("Content-Type", "text/plain");
  m.body = "hello";
  return m;
}

void reference_sofia_parse_and_print(benchmark::State& state) {
  const auto octets = chat_invite();
  for (auto _ : state) {
    auto* msg = msg_make(sip_default_mclass(), 0, octets.data(), static_cast<issize_t>(octets.size()));
    benchmark::DoNotOptimize(sip_object(msg));
    benchmark::DoNotOptimize(msg_as_string(msg_home(msg), msg, nullptr, 0, nullptr));
    msg_destroy(msg);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * octets.size()));
}
BENCHMARK(reference_sofia_parse_and_print);

void decode_chat_invite(benchmark::State& state) {
  const auto octets = chat_invite();
  for (auto _ : state) benchmark::DoNotOptimize(sip::decode(octets));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * octets.size()));
}
BENCHMARK(decode_chat_invite);

void encode_chat_invite(benchmark::State& state) {
  const auto message = *sip::decode(chat_invite());
  for (auto _ : state) benchmark::DoNotOptimize(sip::encode(message));
}
BENCHMARK(encode_chat_invite);

/// Octets in, a server transaction, octets of the 200 out; Timer J's transaction is let go by its timer at
/// once.
void answer_message_through_transactions(benchmark::State& state) {
  core::Random random(1);
  sip::TransactionLayer::Config config;
  config.sent_by_host = "127.0.0.1";
  config.sent_by_port = 5060;
  sip::TransactionLayer layer(config, random);
  const sip::Hop from{sip::Transport::udp, "127.0.0.1", 5070, {}};
  core::Instant now{std::chrono::seconds(1)};
  std::vector<std::string> requests;
  for (std::uint64_t n = 0; n < 4096; ++n) requests.push_back(sip::encode(message_request(n)));
  std::size_t n = 0;
  std::vector<node::TimerKey> timers;
  for (auto _ : state) {
    sip::TxnOutbox out;
    layer.on_message(now, from, *sip::decode(requests[n++ % requests.size()]), out);
    sip::TxnOutbox answer;
    for (auto& effect : out.take()) {
      if (auto* emit = std::get_if<sip::TxnOutbox::Emit>(&effect)) {
        auto& arrived = std::get<sip::RequestArrived>(emit->event);
        layer.respond(now, arrived.txn, sip::make_response(arrived.request, 200, "tag"), answer);
      }
    }
    for (auto& effect : answer.take()) {
      if (auto* send = std::get_if<sip::TxnOutbox::Send>(&effect))
        benchmark::DoNotOptimize(sip::encode(send->message));
      if (auto* arm = std::get_if<sip::TxnOutbox::Arm>(&effect)) timers.push_back(arm->key);
    }
    for (const auto key : timers) layer.on_timer(now, key, answer);
    timers.clear();
  }
}
BENCHMARK(answer_message_through_transactions);

}  // namespace
