#include "msrp-cat/feeder.hpp"

#include <utility>

#include "body/cpim.hpp"

namespace rcs::cat {

core::Result<std::unique_ptr<Feeder>> Feeder::open(net::Loop& loop, const Options& options,
                                                   std::function<void()> on_ready) {
  RCS_TRY(auto input, Input::open(loop, options.file.empty() ? "-" : options.file));
  return std::unique_ptr<Feeder>(new Feeder(loop, options, std::move(input), std::move(on_ready)));
}

Feeder::Feeder(net::Loop& loop, const Options& options, std::unique_ptr<Input> input,
               std::function<void()> on_ready)
    : loop_(loop),
      options_(options),
      input_(std::move(input)),
      lines_(*input_),
      on_ready_(std::move(on_ready)) {}

std::string Feeder::cpim_head() const {
  body::Cpim cpim;
  const auto add = [&](const char* name, const std::string& uri) {
    body::CpimAddress address;
    address.uri = uri;
    cpim.add("", name, body::format_cpim_address(address));
  };
  add("From", options_.from);
  add("To", options_.to);
  cpim.add("", "DateTime", core::format_rfc3339(loop_.wall().at(loop_.now())));
  cpim.content.headers.push_back({"Content-Type", options_.content_type});
  return body::format_cpim(cpim);
}

msrp::Outgoing Feeder::message() const {
  msrp::Outgoing out;
  out.success_report = options_.success_report;
  out.failure_report = options_.failure_report;
  out.content_type = options_.cpim ? "message/cpim" : options_.content_type;
  return out;
}

std::optional<msrp::Outgoing> Feeder::next() {
  if (done_) return std::nullopt;
  msrp::Outgoing out = message();
  std::string head = options_.cpim ? cpim_head() : std::string();
  if (options_.whole) {
    done_ = true;
    out.content = std::make_unique<InputSource>(
        *input_, std::move(head), [this] { input_->when_ready(on_ready_); },
        [this](std::uint64_t octets) {
          taken_ = octets;
          if (on_progress) on_progress();
        });
    return out;
  }
  auto line = lines_.next();
  if (line.text) {
    taken_ += line.text->size();
    out.content = head + *line.text;
    return out;
  }
  if (line.state == msrp::Source::State::dry) {
    input_->when_ready(on_ready_);
  } else {
    done_ = true;
    broken_ = line.state == msrp::Source::State::broken;
  }
  return std::nullopt;
}

}  // namespace rcs::cat
