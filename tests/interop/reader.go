// A small program around three Go libraries that nobody here wrote: golang.org/x/mod (notes and trees, as Go's module
// proxies use them), transparency-dev (checkpoints, cosignatures, proofs, as Trillian and Tessera use them) and
// torchwood (policies and proofs as text).  It decides nothing by itself: an answer on standard output and exit code 0,
// or the library's complaint and exit code 1.  install.sh builds it.
//
//	reader note VKEY < note                            golang.org/x/mod: who signed
//	reader checkpoint ORIGIN VKEY [VKEY…] < note       transparency-dev: size, root, who signed when
//	reader inclusion INDEX SIZE LEAF ROOT [HASH…]      transparency-dev and x/mod; hashes in hex
//	reader consistency FIRST SECOND ROOT ROOT [HASH…]  transparency-dev and x/mod; hashes in hex
//	reader proof POLICY ENTRY < proof                  torchwood: policy, checkpoint with its quorum, inclusion
//	reader policy < policy                             torchwood: can it be read
//	reader make ORIGIN SEED WITNESS SEED FOLDER N      x/mod and torchwood: a log of N entries with a cosigned checkpoint
//	                                                   at each size, a proof of each entry, and all consistency proofs
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"filippo.io/torchwood"
	"github.com/transparency-dev/formats/log"
	tdnote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	commands := map[string]func([]string) error{
		"note": readNote, "checkpoint": readCheckpoint, "inclusion": checkInclusion, "consistency": checkConsistency,
		"proof": checkProof, "policy": readPolicy, "make": makeLog,
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: see reader.go")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func readNote(args []string) error {
	verifier, err := note.NewVerifier(args[0])
	if err != nil {
		return err
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return err
	}
	fmt.Printf("%d known, %d unknown\n", len(opened.Sigs), len(opened.UnverifiedSigs))
	return nil
}

func readCheckpoint(args []string) error {
	own, err := tdnote.NewVerifier(args[1])
	if err != nil {
		return err
	}
	var others []note.Verifier
	for _, vkey := range args[2:] {
		other, err := tdnote.NewVerifierForCosignatureV1(vkey)
		if err != nil {
			return err
		}
		others = append(others, other)
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	checkpoint, rest, opened, err := log.ParseCheckpoint(text, args[0], own, others...)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return errors.New("something beyond three lines")
	}
	fmt.Printf("%d %x\n", checkpoint.Size, checkpoint.Hash)
	for _, signature := range opened.Sigs {
		if signature.Hash == own.KeyHash() {
			fmt.Println(signature.Name)
			continue
		}
		at, err := tdnote.CoSigV1Timestamp(signature)
		if err != nil {
			return err
		}
		fmt.Println(signature.Name, at.Unix())
	}
	return nil
}

// numbersAndHashes reads two decimal numbers and then hashes in hex, two of them at least.
func numbersAndHashes(args []string) (a, b uint64, hashes [][]byte, err error) {
	if len(args) < 4 {
		return 0, 0, nil, errors.New("too few arguments")
	}
	if a, err = strconv.ParseUint(args[0], 10, 63); err != nil {
		return
	}
	if b, err = strconv.ParseUint(args[1], 10, 63); err != nil {
		return
	}
	for _, text := range args[2:] {
		hash, err := hex.DecodeString(text)
		if err != nil || len(hash) != tlog.HashSize {
			return 0, 0, nil, fmt.Errorf("not a hash: %q", text)
		}
		hashes = append(hashes, hash)
	}
	return
}

func tlogHashes(hashes [][]byte) (list []tlog.Hash) {
	for _, hash := range hashes {
		list = append(list, tlog.Hash(hash))
	}
	return
}

func checkInclusion(args []string) error {
	index, size, h, err := numbersAndHashes(args)
	if err != nil {
		return err
	}
	one := proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, h[0], h[2:], h[1])
	two := tlog.CheckRecord(tlogHashes(h[2:]), int64(size), tlog.Hash(h[1]), int64(index), tlog.Hash(h[0]))
	return both(one, two)
}

func checkConsistency(args []string) error {
	first, second, h, err := numbersAndHashes(args)
	if err != nil {
		return err
	}
	one := proof.VerifyConsistency(rfc6962.DefaultHasher, first, second, h[2:], h[0], h[1])
	two := tlog.CheckTree(tlogHashes(h[2:]), int64(second), tlog.Hash(h[1]), int64(first), tlog.Hash(h[0]))
	return both(one, two)
}

// both fails where either library does, with exit code 3 where they disagree: a test then learns nothing.
func both(one, two error) error {
	if (one == nil) != (two == nil) {
		fmt.Fprintln(os.Stderr, "the libraries disagree:", one, two)
		os.Exit(3)
	}
	return one
}

func checkProof(args []string) error {
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	policy, err := torchwood.ParsePolicy(text)
	if err != nil {
		return err
	}
	entry, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	given, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	return torchwood.VerifyProof(policy, tlog.RecordHash(entry), given)
}

func readPolicy([]string) error {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	_, err = torchwood.ParsePolicy(text)
	return err
}

func makeLog(args []string) error {
	if len(args) != 6 {
		return errors.New("six arguments")
	}
	seed, err := hex.DecodeString(args[1])
	if err != nil {
		return err
	}
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(args[0], public)
	if err != nil {
		return err
	}
	// The text of a private key has its id, which is in the vkey too.
	id := strings.SplitN(vkey, "+", 3)[1]
	own, err := note.NewSigner("PRIVATE+KEY+" + args[0] + "+" + id + "+" +
		base64.StdEncoding.EncodeToString(append([]byte{1}, seed...)))
	if err != nil {
		return err
	}
	seed, err = hex.DecodeString(args[3])
	if err != nil {
		return err
	}
	witness, err := torchwood.NewCosignatureSigner(args[2], ed25519.NewKeyFromSeed(seed))
	if err != nil {
		return err
	}
	fmt.Println(vkey)
	fmt.Println(witness.Verifier().String())
	count, err := strconv.ParseInt(args[5], 10, 32)
	if err != nil {
		return err
	}
	return writeLog(args[0], own, witness, args[4], count)
}

func writeLog(origin string, own, witness note.Signer, folder string, count int64) error {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (found []tlog.Hash, err error) {
		for _, at := range indexes {
			found = append(found, stored[at])
		}
		return
	})
	write := func(data []byte, name string, numbers ...any) error {
		return os.WriteFile(filepath.Join(folder, fmt.Sprintf(name, numbers...)), data, 0o600)
	}
	for size := int64(1); size <= count; size++ {
		entry := fmt.Appendf(nil, "entry %d", size-1)
		hashes, err := tlog.StoredHashes(size-1, entry, reader)
		if err != nil {
			return err
		}
		stored = append(stored, hashes...)
		root, err := tlog.TreeHash(size, reader)
		if err != nil {
			return err
		}
		text := torchwood.Checkpoint{Origin: origin, Tree: tlog.Tree{N: size, Hash: root}}.String()
		signed, err := note.Sign(&note.Note{Text: text}, own, witness)
		if err != nil {
			return err
		}
		if err := errors.Join(write(signed, "%d.checkpoint", size), write(entry, "%d.entry", size-1)); err != nil {
			return err
		}
		for first := int64(1); first < size; first++ {
			path, err := tlog.ProveTree(size, first, reader)
			if err != nil {
				return err
			}
			var lines bytes.Buffer
			for _, hash := range path {
				fmt.Fprintln(&lines, hash)
			}
			if err := write(lines.Bytes(), "%d-%d.consistency", first, size); err != nil {
				return err
			}
		}
		for index := int64(0); index < size; index++ {
			path, err := tlog.ProveRecord(size, index, reader)
			if err != nil {
				return err
			}
			extra := fmt.Appendf(nil, "extra of %d", index)
			if err := errors.Join(
				write(torchwood.FormatProof(index, path, signed), "%d-%d.tlog-proof", index, size),
				write(torchwood.FormatProofWithExtraData(index, extra, path, signed), "%d-%d.extra.tlog-proof", index, size),
			); err != nil {
				return err
			}
		}
	}
	return nil
}
