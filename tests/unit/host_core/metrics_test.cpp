// SPDX-License-Identifier: Apache-2.0
#include "metrics/metrics.hpp"

#include <gtest/gtest.h>

namespace gardu::host {
namespace {

TEST(MetricsText, SeriesAreSharedByNameAndLabels) {
  Metrics m;
  auto* a = m.define(Metrics::Kind::counter, "x_total", "Xs.", Metrics::label("k", "v"));
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a, m.define(Metrics::Kind::counter, "x_total", "Xs.", Metrics::label("k", "v")));
  a->add(3);
  m.observe("g", "Gauge.", "", [] { return std::int64_t{7}; });
  EXPECT_EQ(m.text(),
            "# HELP g Gauge.\n# TYPE g gauge\ng 7\n"
            "# HELP x_total Xs.\n# TYPE x_total counter\nx_total{k=\"v\"} 3\n");
}

TEST(MetricsText, WhatIsNotWellFormedIsRefused) {
  Metrics m;
  EXPECT_EQ(m.define(Metrics::Kind::counter, "bad name", ""), nullptr);
  EXPECT_EQ(m.define(Metrics::Kind::counter, "1x", ""), nullptr);
  EXPECT_EQ(m.define(Metrics::Kind::counter, "x", "", "k=\"v"), nullptr);
  EXPECT_EQ(m.define(Metrics::Kind::counter, "x", "", "k=\"v\"\ny 1"), nullptr);
  ASSERT_NE(m.define(Metrics::Kind::counter, "x", ""), nullptr);
  EXPECT_EQ(m.define(Metrics::Kind::gauge, "x", ""), nullptr) << "is a counter already";
}

TEST(MetricsText, LabelsAreEscaped) {
  EXPECT_EQ(Metrics::label("k", "a\"b\\c\nd"), "k=\"a\\\"b\\\\c\\nd\"");
}

}  // namespace
}  // namespace gardu::host
