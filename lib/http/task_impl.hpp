#pragma once
// Sockets and coroutines of connections, bound to the loop's own executor. Asio's default types can hold any
// executor and pay for it at every wait: indirect calls and counted work. Private to the room.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace rcs::http {

using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
template <class T>
using Task = boost::asio::awaitable<T, Executor>;
inline constexpr auto kUse = boost::asio::as_tuple(boost::asio::use_awaitable_t<Executor>());

}  // namespace rcs::http
