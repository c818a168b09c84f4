// Package area is the gazetteer: every administrative unit of Vietnam with its
// names, its codes, the edition it belongs to, and what became of it.
//
// For everyone who writes down where something is: a case, a place, a
// jurisdiction, a row of a published table.
//
// # Editions
//
// Edition2021 is the country of 63 provinces, 705 districts and 10,599
// communes; Edition2025 that of 34 provinces and 3,321 communes without
// districts, in force since 2025-07-01 (Resolution 202/2025/QH15). A Code
// carries its edition, so nobody mixes them unaware. The list of 2021 is the
// statistics office's as of late 2022; a unit renamed since it was published
// in 2021 is found by its older name through an alias (Chơn Thành). A unit
// merged between 2022 and June 2025 keeps its form of 2021 until the end.
//
// Successors leads from 2021 to 2025. One old commune may have been divided
// among several new ones. Where no source says what became of a commune, the
// list is empty: unknown is not guessed. See data/NOTICE for the sources.
//
// # Names
//
// Find is for people who type: it ignores marks and accepts a prefix. Match is
// for lists that somebody else wrote, and it is careful: each listed unit ends
// as Matched, Corrected, Ambiguous or Rejected, with how or why.
//
// Matched: every listed name is the official one. Upper or lower case, the
// Unicode normal form, the number of spaces, the kind of dash, and a missing
// kind word ("Hữu Lũng" for "Huyện Hữu Lũng") make no difference.
//
// Corrected: exactly one unit is meant, inside the listed province. The list
// wrote it in another spelling (the tone of hoà/hòa, y for i), without or with
// wrong marks, with another kind word, abbreviated (TP., TX., TT., P. 1 for
// Phường 01), with one letter wrong that makes no name of any other unit, by an
// old name, or under a wrong district of the same province (never a number:
// every district of a city has its Phường 1). Also: two communes of one district share the name (a
// xã and a thị trấn) and the list says no kind; then the district itself is
// the unit, which is certain.
//
// Ambiguous: several units could be meant. A unit listed under the wrong
// province is always ambiguous, between the listed province and the unit where
// it really lies: it is reported, never moved. So is a pair of district and
// commune that stands letter for letter in another province, and in the listed
// one only by other marks.
//
// Rejected: no unit has the name.
//
// # Maps
//
// Real boundaries come from a file that the province has (ReadBoundaries); none
// are shipped. Until then Approximate draws a sketch, marked so on every shape:
// Natural Earth's outline of the province, divided by the seats of its units.
// Positions inside a district are schematic. In Lạng Sơn, compared with the real
// borders, four fifths of the ground lie in the right district and two thirds in
// the right commune of 2025; of the communes of 2021 only the neighbourhood is
// meant. Five more provinces have all their districts' seats and are divided;
// for the others there is the outline alone. Vietnam draws the country, with
// Hoàng Sa and Trường Sa.
//
// A Shape is WGS 84, longitude first. Neighbours agree point for point, so that
// Simplify keeps their common border common.
package area
