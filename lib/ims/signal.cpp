#include "ims/signal.hpp"

#include <utility>

namespace rcs::ims {
namespace {

constexpr std::pair<Method, std::string_view> kMethods[] = {
    {Method::invite, "INVITE"},       {Method::ack, "ACK"},
    {Method::cancel, "CANCEL"},       {Method::bye, "BYE"},
    {Method::update, "UPDATE"},       {Method::message, "MESSAGE"},
    {Method::options, "OPTIONS"},     {Method::register_, "REGISTER"},
    {Method::subscribe, "SUBSCRIBE"}, {Method::notify, "NOTIFY"},
    {Method::publish, "PUBLISH"},     {Method::refer, "REFER"},
    {Method::info, "INFO"},           {Method::prack, "PRACK"},
};

}  // namespace

Method method_of(std::string_view text) {
  for (const auto& [method, method_name] : kMethods) {
    if (method_name == text) return method;
  }
  return Method::other;
}

std::string_view name(Method method) {
  for (const auto& [known, method_name] : kMethods) {
    if (known == method) return method_name;
  }
  return "OTHER";
}

bool pass_through(Signal& request, NodeId self) {
  request.set(Flag::originated, false);
  return request.via.push(self);
}

Signal make_answer(const Signal& request, NodeId self, int status) {
  Signal answer = request;
  answer.status = static_cast<std::uint16_t>(status);
  answer.route = request.via;
  answer.target = self;
  answer.size = 0;
  answer.cause = 0;
  answer.set(Flag::originated, false);
  return answer;
}

Signal request_of(const Signal& response) {
  Signal request = response;
  request.status = 0;
  request.cause = 0;
  request.route.clear();
  request.target = {};
  return request;
}

SignalRoute callee_route(const Signal& invite) {
  SignalRoute result;
  result.target = invite.via.at(0);
  for (std::size_t i = 1; i < invite.via.size(); ++i) (void)result.route.push(invite.via.at(i));
  return result;
}

SignalRoute caller_route(const Signal& response) {
  SignalRoute result;
  result.target = response.target;
  // The bottom is the caller itself; what is next to it must come out first.
  for (std::size_t i = response.route.size(); i > 1; --i) (void)result.route.push(response.route.at(i - 1));
  return result;
}

std::string summary(const Signal& signal) {
  std::string text;
  if (signal.status != 0) text += std::to_string(signal.status) + " ";
  text += name(signal.method);
  text += " " + std::to_string(signal.from.value) + ">" + std::to_string(signal.to.value);
  return text;
}

}  // namespace rcs::ims
