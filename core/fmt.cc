// The fmt library's own code, which Debian has as a shared library only: the programs are linked
// without one, since loading it takes longer than a short message does. What follows is what fmt's
// src/format.cc instantiates.
#include <fmt/format-inl.h>

namespace parts = fmt::detail;

template parts::locale_ref::locale_ref(const std::locale&);
template std::locale parts::locale_ref::get<std::locale>() const;
template auto parts::thousands_sep_impl<char>(parts::locale_ref)
    -> parts::thousands_sep_result<char>;
template char parts::decimal_point_impl(parts::locale_ref);
template void parts::buffer<char>::append(const char*, const char*);
template auto parts::dragonbox::to_decimal(float) noexcept -> parts::dragonbox::decimal_fp<float>;
template auto parts::dragonbox::to_decimal(double) noexcept -> parts::dragonbox::decimal_fp<double>;
