// The one place where the non-template part of Beast is compiled (BOOST_BEAST_SEPARATE_COMPILATION).
#include <boost/beast/src.hpp>
