package views

import (
	"strconv"

	"github.com/a-h/templ"
)

// Tick is a mark of an axis. At is where it stands, from 0 at the axis's beginning to 1 at its end.
type Tick struct {
	At    float64
	Label string
}

// PlotProps is a histogram with axes, of one target or of two laid over each other. Its places are shares of the
// axes, so that it can be drawn as wide as there is room.
type PlotProps struct {
	X, Y         []Tick
	XName, YName string // what the axes count, and how: "ms, log scale"; "transfers"
	Bars         []PlotBar
	Marks        []PlotMark
}

// PlotBar is one bar: from where to where it stands, and how high it is.
type PlotBar struct {
	From, To, High float64
	Second         bool // of the second target
}

// PlotMark is a line across the bars with its words over it, beside a dot: "median 61 ms". No line passes words.
type PlotMark struct {
	At     float64
	Label  string
	Second bool
}

// LegendProps says what stands for which target. Letter is in the plots' words too.
type LegendProps struct {
	Letter, Name string
	Second       bool
}

// A plot's measures. Across, it is as wide as its place: shares of that. Down, it is as high as this, in pixels.
const (
	plotLeft  = 11.0 // percent, for the words of the Y axis
	plotWide  = 86.0 // percent
	plotRow   = 16   // of one mark's words
	plotTall  = 120  // of the bars
	plotUnder = 38   // for the words of the X axis
)

func px(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

// across is a share of the X axis as a length.
func across(at float64) string {
	return strconv.FormatFloat(plotLeft+plotWide*min(max(at, 0), 1), 'f', 2, 64) + "%"
}

// wide is how wide a bar is.
func (b PlotBar) wide() string {
	return strconv.FormatFloat(plotWide*max(min(b.To, 1)-max(b.From, 0), 0), 'f', 2, 64) + "%"
}

// top is where the bars' place begins: under the words of the Y axis and of the marks.
func (p PlotProps) top() float64 { return float64(plotRow*(1+len(p.Marks))) + 4 }

func (p PlotProps) ground() float64 { return p.top() + plotTall }

// Height is the whole plot's, in pixels.
func (p PlotProps) Height() int { return int(p.ground()) + plotUnder }

// down is a share of the Y axis as a place.
func (p PlotProps) down(at float64) string { return px(p.ground() - plotTall*min(max(at, 0), 1)) }

// tall is how tall a bar is: never too small to see.
func (b PlotBar) tall() float64 { return max(plotTall*min(b.High, 1), 2) }

// words is where a mark's words begin: each mark has a row of its own.
func words(i int) string { return strconv.Itoa(plotRow*(i+2) - 4) }

// beside puts a mark's words to that side of it where there is room.
func (m PlotMark) beside() (anchor, gap string) {
	if m.At > 0.5 {
		return "end", "-8"
	}
	return "start", "8"
}

// anchor keeps the words of the last tick inside the drawing.
func (t Tick) anchor() string {
	if t.At > 0.97 {
		return "end"
	}
	return "middle"
}

// lane is the anchor of a tick on a lane without a margin.
func (t Tick) lane() string {
	if t.At < 0.03 {
		return "start"
	}
	return t.anchor()
}

// barLook tells bars of the two targets apart.
func barLook(second bool) templ.Attributes {
	if second {
		return templ.Attributes{"class": "plot-second", "fill": "url(#plot-hatch)"}
	}
	return templ.Attributes{"class": "plot-bar"}
}

func secondClass(second bool, first, other string) string {
	if second {
		return other
	}
	return first
}
