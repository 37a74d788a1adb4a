// Judges a ledger with the code that guards Go's module checksums (golang.org/x/mod/sumdb): nothing of sohoa's.
//
//	ledger_judge ledger FOLDER KEY...   every checkpoint, every leaf in each tree, and that each continues the others
//	ledger_judge proof FILE KEY...      one proof file
//
// Build: GO111MODULE=off GOPATH=/usr/share/gocode go build (Debian: golang-go, golang-golang-x-mod-dev).
// Prints what it counted and exits with 0, or says what is wrong and exits with 1.
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if len(os.Args) < 4 {
		fail(fmt.Errorf("usage: ledger_judge ledger|proof PATH KEY..."))
	}
	var keys []note.Verifier
	for _, text := range os.Args[3:] {
		key, err := note.NewVerifier(text)
		fail(err)
		keys = append(keys, key)
	}
	switch os.Args[1] {
	case "ledger":
		judgeLedger(os.Args[2], note.VerifierList(keys...))
	case "proof":
		judgeProof(os.Args[2], note.VerifierList(keys...))
	default:
		fail(fmt.Errorf("ledger or proof, not %q", os.Args[1]))
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A checkpoint's text is that of C2SP: origin, size, root. Go's own has another first line.
func open(msg []byte, keys note.Verifiers) tlog.Tree {
	opened, err := note.Open(msg, keys)
	fail(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		fail(fmt.Errorf("not a checkpoint: %q", opened.Text))
	}
	for _, signature := range opened.Sigs {
		if signature.Name != lines[0] {
			fail(fmt.Errorf("origin %q, key %q", lines[0], signature.Name))
		}
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	fail(err)
	root, err := tlog.ParseHash(lines[2])
	fail(err)
	return tlog.Tree{N: size, Hash: root}
}

// Tiles as C2SP lays them out: Go's path without the height, and with "entries" for "data".
type folder string

func (f folder) Height() int { return 8 }

func (f folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		bytes, err := f.read(tile)
		if err != nil {
			return nil, err
		}
		if len(bytes) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is short", tile.Path())
		}
		data = append(data, bytes[:tile.W*tlog.HashSize])
	}
	return data, nil
}

// The tile of that width, else the full one, of which it is the beginning.
func (f folder) read(tile tlog.Tile) ([]byte, error) {
	path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
	path = strings.Replace(path, "tile/data/", "tile/entries/", 1)
	bytes, err := os.ReadFile(filepath.Join(string(f), path))
	if os.IsNotExist(err) && tile.W < 256 {
		tile.W = 256
		return f.read(tile)
	}
	return bytes, err
}

func (f folder) entries(number int64, width int) [][]byte {
	data, err := f.read(tlog.Tile{H: 8, L: -1, N: number, W: width})
	fail(err)
	var entries [][]byte
	for len(entries) < width {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			fail(fmt.Errorf("entries %d are short", number))
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries, data = append(entries, data[2:end]), data[end:]
	}
	return entries
}

func judgeLedger(path string, keys note.Verifiers) {
	notes, err := filepath.Glob(filepath.Join(path, "checkpoints", "*.note"))
	fail(err)
	var trees []tlog.Tree
	for _, name := range append(notes, filepath.Join(path, "checkpoint")) {
		msg, err := os.ReadFile(name)
		fail(err)
		trees = append(trees, open(msg, keys))
	}
	leaves, pairs := 0, 0
	for _, tree := range trees {
		hashes := tlog.TileHashReader(tree, folder(path))
		for first := int64(0); first < tree.N; first += 256 {
			width := 256
			if tree.N-first < 256 {
				width = int(tree.N - first)
			}
			for offset, entry := range folder(path).entries(first/256, width) {
				index := first + int64(offset)
				proof, err := tlog.ProveRecord(tree.N, index, hashes)
				fail(err)
				fail(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)))
				leaves++
			}
		}
		for _, older := range trees {
			// Go's code knows no tree without leaves.
			if older.N == 0 || older.N > tree.N {
				continue
			}
			proof, err := tlog.ProveTree(tree.N, older.N, hashes)
			fail(err)
			fail(tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash))
			pairs++
		}
	}
	fmt.Printf("CHECKPOINTS %d LEAVES %d PAIRS %d\n", len(trees), leaves, pairs)
}

func judgeProof(path string, keys note.Verifiers) {
	var proof struct {
		Leaf, Checkpoint string
		Index            int64
		Inclusion        tlog.RecordProof
	}
	bytes, err := os.ReadFile(path)
	fail(err)
	fail(json.Unmarshal(bytes, &proof))
	tree := open([]byte(proof.Checkpoint), keys)
	hash := tlog.RecordHash([]byte(proof.Leaf))
	fail(tlog.CheckRecord(proof.Inclusion, tree.N, tree.Hash, proof.Index, hash))
	fmt.Printf("PROVED %d OF %d\n", proof.Index, tree.N)
}
