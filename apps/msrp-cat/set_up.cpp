// How a run of msrp-cat begins: certificates, the place to listen on, and who the peer is.

#include <cstdio>
#include <limits>

#include "harness/entropy.hpp"
#include "msrp-cat/cat.hpp"
#include "msrp-cat/hexdump.hpp"
#include "msrp-cat/sdp.hpp"
#include "msrp/dial_target.hpp"
#include "msrp/fingerprint.hpp"
#include "msrp/offer.hpp"

namespace rcs::cat {
namespace {

using node::StreamKind;

constexpr std::uint64_t kMaxHeldMessage = 64 << 20;  // where a message is looked into, it is held

StreamKind kind_of(bool secure, bool websocket) {
  if (websocket) return secure ? StreamKind::wss : StreamKind::ws;
  return secure ? StreamKind::tls : StreamKind::tcp;
}

bool is_web(const msrp::Uri& uri) { return msrp::same_transport(uri, msrp::Uri{.transport = "ws"}); }

}  // namespace

Cat::Cat(net::Loop& loop, const Options& options, trace::Recorder* recorder)
    : loop_(loop),
      options_(options),
      report_(options.common),
      random_(harness::random_source(0).stream("msrp-cat", "ids")),
      progress_(!options.common.quiet && !options.common.json && !options.file.empty()),
      output_(options.common.json) {
  if (recorder == nullptr) return;
  const auto address = [](const std::string& host, std::uint16_t port) {
    return net::Address{host, port}.to_string();
  };
  tap_ = std::make_unique<harness::MsrpTap>(*recorder, "msrp-cat", address);
}

core::Result<void> Cat::open() {
  RCS_TRY(feeder_, Feeder::open(loop_, options_, [this] { go_on(); }));
  feeder_->on_progress = [this] { show_progress(); };
  RCS_CHECK_OK(open_streams());
  if (options_.listen && !options_.relay_uri)
    RCS_CHECK_OK(listen());  // behind a relay, it is the relay that does
  return begin_session();
}

core::Result<void> Cat::open_streams() {
  const msrp::Uri* named = options_.relay_uri      ? &*options_.relay_uri
                           : options_.peer.empty() ? nullptr
                                                   : &options_.peer.front();
  const bool secure = options_.tls || (named != nullptr && named->secure);
  at_.kind = kind_of(secure, named != nullptr ? is_web(*named) : options_.websocket);
  at_.cema = options_.cema;
  at_.host = options_.bind.host;
  net::StreamsOptions streams;
  if (secure) {
    net::TlsOptions tls;
    tls.certificate = options_.certificate;
    tls.key = options_.key;
    tls.authorities = options_.authorities;
    tls.name = options_.bind.host;
    RCS_TRY(tls_, net::Tls::make(tls));
    at_.fingerprints.push_back(msrp::fingerprint_of(tls_->certificate()));
    streams.tls = tls_;
  }
  streams.limits.dial_time = options_.common.timeout();
  endpoint_ = std::make_unique<msrp::Endpoint>(endpoint_config(), random_);
  driver_ = std::make_unique<Driver>(
      loop_, std::move(streams), [this](msrp::EndpointEvent event) { on_event(std::move(event)); }, watch());
  driver_->attach(*endpoint_);
  return {};
}

msrp::EndpointConfig Cat::endpoint_config() const {
  msrp::EndpointConfig config;
  config.outbound.sender.chunk_size = options_.chunk_size;
  config.outbound.answer_time = options_.common.timeout();
  config.dial_time = options_.common.timeout();
  config.bind_time = options_.common.timeout();
  config.linger = {};
  return config;
}

core::Result<void> Cat::listen() {
  net::StreamListen what;
  what.bind = options_.bind;
  what.kind = at_.kind;
  what.origins = options_.origins;
  RCS_TRY(const auto got, driver_->streams().listen(std::move(what)));
  at_.port = got.port;
  return {};
}

Cat::Driver::Watch Cat::watch() {
  Driver::Watch watch;
  const auto dump = [this](bool ours, std::string_view octets) {
    if (!options_.hexdump) return;
    const auto text = hexdump(ours ? '>' : '<', dumped_[ours ? 1 : 0], octets);
    dumped_[ours ? 1 : 0] += octets.size();
    std::fwrite(text.data(), 1, text.size(), stderr);
  };
  watch.on_news = [this, dump](node::ConnectionId connection, const node::StreamNews& news) {
    active_ = loop_.now();
    if (tap_) tap_->on_news(active_, connection, news);
    if (const auto* octets = std::get_if<node::Octets>(&news)) dump(false, octets->octets);
    if (const auto* closed = std::get_if<node::Closed>(&news)) closed_ = closed->why;
  };
  watch.on_action = [this, dump](node::ConnectionId connection, const node::StreamAction& action) {
    if (tap_) tap_->on_action(loop_.now(), connection, action);
    if (const auto* write = std::get_if<node::Write>(&action)) dump(true, write->octets);
  };
  return watch;
}

msrp::LocalEnd Cat::make_local() {
  msrp::Types types;
  types.accepted = options_.accept.empty() ? std::vector<std::string>{"*"} : options_.accept;
  if (options_.cpim) {
    types.wrapped = types.accepted;
    types.accepted = {"message/cpim"};
  }
  auto local = msrp::make_local_end(at_, std::move(types), random_);
  if (!options_.nickname.empty()) local.chat_room = body::SdpChatRoom{true, true};
  // What is printed as it is needs no memory; what is unwrapped does.
  local.pass_on = !options_.cpim;
  const auto any = options_.cpim ? kMaxHeldMessage : std::numeric_limits<std::uint64_t>::max();
  local.limits.max_message = options_.max_size > 0 ? options_.max_size : any;
  return local;
}

core::Result<void> Cat::begin_session() {
  if (local_.uri.session_id.empty()) local_ = make_local();
  started_ = false;
  active_ = loop_.now();
  closed_.reset();
  RCS_TRY(session_, endpoint_->open(local_));
  if (!options_.relay_uri) return start_session();
  msrp::RelayLogin login;
  login.relay = *options_.relay_uri;
  login.credentials.username = options_.user;
  login.credentials.password = options_.password;
  login.check_authority = !options_.insecure;
  driver_->act([&](core::Instant now, msrp::Endpoint& endpoint, msrp::EndpointOutbox& out) {
    endpoint.authorize(now, session_, std::move(login), out);
  });
  return {};
}

core::Result<void> Cat::start_session() {
  started_ = true;
  if (options_.by_sdp()) return exchange_sdp();
  if (options_.listen) tell_where();
  start_with(options_.peer.empty() ? anybody() : named_remote());
  return {};
}

void Cat::start_with(msrp::RemoteEnd remote) {
  if (options_.insecure && remote.we_dial && !options_.relay_uri) take_whoever_answers(remote);
  active_ = loop_.now();
  driver_->act([&](core::Instant now, msrp::Endpoint& endpoint, msrp::EndpointOutbox& out) {
    endpoint.start(now, session_, std::move(remote), out);
  });
}

void Cat::on(const msrp::RelayReady& event) {
  local_.relays = event.relays;
  if (!started_) {
    take(start_session());
  } else if (options_.listen && !options_.by_sdp()) {
    tell_where();
  }
}

/// The path that leads to us, each time that it is another.
void Cat::tell_where() {
  msrp::Path path(local_.relays.rbegin(), local_.relays.rend());
  path.push_back(local_.uri);
  std::string where = msrp::format_path(path);
  if (where == told_) return;
  told_ = std::move(where);
  report_.tell("listening", "uri", told_);
  if (!tls_ || options_.relay_uri) return;
  report_.tell("fingerprint", "fingerprint", at_.fingerprints[0].hash + " " + at_.fingerprints[0].value);
}

msrp::RemoteEnd Cat::anybody() const {
  msrp::RemoteEnd remote;
  remote.types.accepted = {"*"};
  remote.types.wrapped = {"*"};
  return remote;
}

msrp::RemoteEnd Cat::named_remote() const {
  auto remote = anybody();
  remote.path = options_.peer;
  remote.we_dial = true;
  if (options_.peer_print) remote.fingerprints.push_back(*options_.peer_print);
  return remote;
}

void Cat::take_whoever_answers(msrp::RemoteEnd& remote) const {
  if (remote.dial) {
    remote.dial->check_authority = false;
  } else if (auto target = msrp::dial_target(remote.path.front()); target) {
    target->check_authority = false;
    remote.dial = std::move(*target);
  }
}

/// Whoever carries the peer's SDP here may take a while: connections go on meanwhile.
core::Result<void> Cat::exchange_sdp() {
  if (options_.offer) RCS_CHECK_OK(tell_sdp(msrp::offer_media(local_, at_)));
  const std::string place = options_.sdp.empty() ? "-" : options_.sdp;
  const auto unsaid = options_.offer ? body::Setup::passive : body::Setup::active;
  RCS_TRY(sdp_, SdpReader::open(loop_, place));
  sdp_->read([this, place, unsaid](const core::Result<body::Sdp>& sdp) {
    if (done_) return;
    take(take_sdp(sdp ? message_media(*sdp, place, unsaid) : core::Result<body::MsrpMedia>(sdp.error())));
  });
  return {};
}

core::Result<void> Cat::tell_sdp(body::MsrpMedia media) {
  if (options_.max_size == 0) media.max_size.reset();
  const std::string text = sdp_text(media, random_);
  if (!options_.common.json) return write_out(text + "\r\n");
  report_.event("sdp", {{"sdp", text}});
  return {};
}

core::Result<void> Cat::take_sdp(const core::Result<body::MsrpMedia>& theirs) {
  if (!theirs) return theirs.error();
  if (options_.offer) {
    RCS_TRY(auto remote, msrp::read_answer(*theirs, local_, at_));
    start_with(std::move(remote));
    return {};
  }
  RCS_TRY(auto answered, msrp::answer_offer(*theirs, local_, at_));
  RCS_CHECK_OK(tell_sdp(std::move(answered.media)));
  start_with(std::move(answered.remote));
  return {};
}

}  // namespace rcs::cat
