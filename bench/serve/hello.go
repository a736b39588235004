// SPDX-License-Identifier: Apache-2.0

// What bench/serve compares with: Go's net/http, with the same answer.
package main

import (
	"io"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "version=1 pod=pod-1\n")
	})
	if err := http.ListenAndServe(os.Args[1], nil); err != nil {
		os.Exit(1)
	}
}
