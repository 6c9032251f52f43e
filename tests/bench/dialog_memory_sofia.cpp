// sofia-sip's user agent (nua) as the reference of dialog_memory: the callee in a child process, the caller
// here, each on one thread, so that mallinfo2 sees the whole of its heap.

#include "dialog_memory_sofia.hpp"

#include <arpa/inet.h>
#include <malloc.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#define NUA_MAGIC_T struct Stack
#define SU_ROOT_MAGIC_T struct Stack
struct Stack;
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_log.h>

struct Stack {
  su_root_t* root = nullptr;
  nua_t* nua = nullptr;
  std::size_t ready = 0;  ///< dialogs that are up
};

namespace bench {
namespace {

constexpr unsigned kT1x64Ms = 2000;  // transactions end after this, not after 32 s
// Longer than that without a change: every transaction has ended. Timer D of a caller is 32 s and no tag
// shortens it; a caller holds its INVITE, 13 KB of a dialog, until then.
constexpr auto kAtRest = std::chrono::seconds(34);
constexpr auto kPatience = std::chrono::seconds(240);
constexpr su_duration_t kStepMs = 10;
constexpr std::size_t kAtOnce = 20;  // set-ups under way; datagrams are lost beyond what sockets hold

constexpr const char* kAnswer =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message 9 TCP/MSRP *\r\n"
    "a=path:msrp://127.0.0.1:9/callee;tcp\r\na=setup:passive\r\na=accept-types:message/cpim\r\n";

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& words) {
  std::fprintf(stderr, "dialog_memory: sofia-sip: %s\n", words.c_str());
  std::_Exit(1);
}

std::size_t heap_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, any, size) != 0 || getsockname(fd, any, &size) != 0) fail("no free port");
  close(fd);
  return ntohs(address.sin_port);
}

void on_event(nua_event_t event, int status, const char* phrase, nua_t*, Stack* stack, nua_handle_t* handle,
              nua_hmagic_t*, const sip_t*, tagi_t*) {
  if (event == nua_i_invite) {
    nua_respond(handle, 200, "OK", SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(kAnswer),
                TAG_END());
  }
  if (event == nua_r_invite && status >= 300)
    fail(std::string("INVITE answered ") + std::to_string(status) + " " + phrase);
  if (event == nua_i_active) ++stack->ready;
  if (event == nua_i_terminated) fail("a dialog has ended");
}

void open(Stack& stack, std::uint16_t port) {
  su_init();
  su_log_set_level(nullptr, 0);
  stack.root = su_root_create(&stack);
  su_root_threading(stack.root, 0);
  const auto url = "sip:127.0.0.1:" + std::to_string(port) + ";transport=udp";
  stack.nua =
      nua_create(stack.root, on_event, &stack, NUTAG_URL(url.c_str()), NUTAG_MEDIA_ENABLE(0),
                 NUTAG_SESSION_TIMER(1800), NTATAG_SIP_T1X64(kT1x64Ms), NTATAG_UDP_MTU(65535), TAG_END());
  if (stack.nua == nullptr) fail("no stack on port " + std::to_string(port));
}

std::string body_of(std::size_t i) {
  const auto caller = caller_of(i);
  const auto callee = callee_of(i);
  return "--b1\r\nContent-Type: message/cpim\r\n\r\nFrom: <sip:" + caller +
         "@domain.com>\r\nTo: <sip:" + callee +
         "@domain.com>\r\nDateTime: 2012-01-01T10:10:10Z\r\nNS: imdn "
         "<urn:ietf:params:imdn>\r\nimdn.Message-ID: m" +
         std::to_string(i) +
         "\r\nimdn.Disposition-Notification: positive-delivery, display\r\n\r\nContent-Type: "
         "text/plain;charset=UTF-8\r\n\r\n" +
         text_of(i) +
         "\r\n--b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN "
         "IP4 127.0.0.1\r\nt=0 0\r\n"
         "m=message 9 TCP/MSRP *\r\na=accept-types:message/cpim application/im-iscomposing+xml\r\n"
         "a=accept-wrapped-types:text/plain "
         "message/imdn+xml\r\na=path:msrp://127.0.0.1:9/caller;tcp\r\na=setup:active\r\n\r\n--b1--\r\n";
}

void call(Stack& stack, std::size_t i, std::uint16_t port) {
  const auto from = "<sip:" + caller_of(i) + "@domain.com>";
  const auto to = "<sip:" + callee_of(i) + "@domain.com>";
  const auto url = "sip:" + callee_of(i) + "@127.0.0.1:" + std::to_string(port);
  const auto text = text_of(i);
  const auto body = body_of(i);
  nua_handle_t* handle =
      nua_handle(stack.nua, nullptr, SIPTAG_FROM_STR(from.c_str()), SIPTAG_TO_STR(to.c_str()), TAG_END());
  nua_invite(handle, NUTAG_URL(url.c_str()), SIPTAG_SUBJECT_STR(text.c_str()),
             SIPTAG_CONTENT_TYPE_STR("multipart/mixed;boundary=b1"), SIPTAG_PAYLOAD_STR(body.c_str()),
             TAG_END());
}

/// Turns the loop until the heap has not changed for longer than any transaction lasts.
void come_to_rest(Stack& stack) {
  auto size = heap_in_use();
  const auto give_up = Clock::now() + kPatience;
  for (auto since = Clock::now(); Clock::now() - since < kAtRest;) {
    su_root_step(stack.root, kStepMs);
    if (const auto now = heap_in_use(); now != size) {
      size = now;
      since = Clock::now();
    }
    if (Clock::now() > give_up) fail("the heap does not come to rest");
  }
}

double octets_each(std::size_t before, std::size_t count) {
  return (static_cast<double>(heap_in_use()) - static_cast<double>(before)) / static_cast<double>(count);
}

/// The child: answers until it has `count` dialogs, then tells what they cost.
[[noreturn]] void answer(std::size_t count, std::uint16_t port, int out) {
  Stack stack;
  open(stack, port);
  const auto before = heap_in_use();
  const char up = 1;
  if (write(out, &up, 1) != 1) fail("pipe");
  const auto give_up = Clock::now() + kPatience;
  while (stack.ready < count) {
    su_root_step(stack.root, kStepMs);
    if (Clock::now() > give_up)
      fail(std::to_string(count - stack.ready) + " dialogs were lost at the callee");
  }
  come_to_rest(stack);
  const double each = octets_each(before, count);
  if (write(out, &each, sizeof each) != sizeof each) fail("pipe");
  std::_Exit(0);
}

}  // namespace

DialogOctets sofia_dialogs(std::size_t count) {
  int ends[2];
  if (pipe(ends) != 0) fail("pipe");
  const auto port = free_port();
  const pid_t child = fork();
  if (child == 0) answer(count, port, ends[1]);
  close(ends[1]);
  char up = 0;
  if (read(ends[0], &up, 1) != 1) fail("the callee did not start");

  Stack stack;
  open(stack, free_port());
  const auto before = heap_in_use();
  const auto give_up = Clock::now() + kPatience;
  for (std::size_t called = 0; stack.ready < count;) {
    while (called < count && called < stack.ready + kAtOnce) call(stack, ++called, port);
    su_root_step(stack.root, kStepMs);
    if (Clock::now() > give_up)
      fail(std::to_string(count - stack.ready) + " dialogs were lost at the caller");
  }
  come_to_rest(stack);
  DialogOctets octets;
  octets.caller = octets_each(before, count);
  int status = 0;
  if (read(ends[0], &octets.callee, sizeof octets.callee) != sizeof octets.callee)
    fail("the callee has failed");
  close(ends[0]);
  waitpid(child, &status, 0);
  return octets;
}

}  // namespace bench
