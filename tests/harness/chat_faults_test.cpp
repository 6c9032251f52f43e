// Peers that say too little or too much in the middle of a conversation, in virtual time: a piece of what one
// end says is lost or comes twice while the connection goes on, and relays that restart. No message is shown
// twice, and none is told delivered that was not.
#include <string>

#include "harness/chat_town.hpp"

using namespace rcs;
using namespace rcs::test;
using namespace std::chrono_literals;
using harness::StreamFault;

TEST_CASE(
    "CHAT-42 MSRP-58: whichever piece of a talk is lost or said twice, no text is lost, doubled or made up") {
  std::size_t pieces = 0;
  {
    Town town([&](const auto&, const auto&, auto) {
      ++pieces;
      return StreamFault::none;
    });
    talk(town);
    town.settle();
  }
  REQUIRE(pieces > 40);
  for (const auto fault : {StreamFault::lost, StreamFault::twice}) {
    for (std::size_t broken = 0; broken < pieces; ++broken) {
      CAPTURE(broken, static_cast<int>(fault));
      std::size_t seen = 0;
      std::string where;
      Town town([&](const std::string& from, const std::string& to, auto octets) {
        if (seen++ != broken) return StreamFault::none;
        where = from + ">" + to + " " + std::string(octets.substr(0, 300));
        return fault;
      });
      talk(town);
      town.settle(300s);
      CAPTURE(where);
      check_nothing_lost(*town.alice, *town.bob);
      check_nothing_lost(*town.bob, *town.alice);
      check_nothing_claimed(*town.alice, *town.bob);
      check_nothing_claimed(*town.bob, *town.alice);
      check_all_told(*town.alice);
      check_all_told(*town.bob);
    }
  }
}
