#pragma once
// What rcs-send does over a link: sends one text, receives, or talks.

#include "cli/tool.hpp"
#include "net/loop.hpp"
#include "rcs-send/link.hpp"
#include "rcs-send/options.hpp"

namespace rcs::send {

/// One text in a chat of its own, and what becomes of it, up to the state that is waited for.
cli::Exit send_text(net::Loop& loop, const Options& options, Link& link);
/// Answers invitations and prints what comes in the chats.
cli::Exit receive(net::Loop& loop, const Options& options, Link& link);
/// A chat between standard input and the other side.
cli::Exit talk(net::Loop& loop, const Options& options, Link& link);

}  // namespace rcs::send
