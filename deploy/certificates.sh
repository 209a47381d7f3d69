#!/usr/bin/env bash
# Certificates for one Dask cluster: an authority, and one certificate with its key for scheduler, workers and coordinator alike. Who has them may run
# code on all of these. Dask checks that a certificate is the authority's, not which host it names.
#
#   deploy/certificates.sh FOLDER [DAYS]      # makes FOLDER/ca.pem, cert.pem and key.pem; 30 days
set -euo pipefail
if [ $# -lt 1 ]; then
  echo "usage: certificates.sh FOLDER [DAYS]" >&2
  exit 2
fi
folder=$1
days=${2:-30}
umask 077
mkdir -p "$folder"
authority=$(mktemp -d)
trap 'rm -rf "$authority"' EXIT # its key signs these two and nothing else, ever
key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
openssl req -x509 "${key[@]}" -keyout "$authority/ca.key" -out "$folder/ca.pem" -days "$days" -subj "/CN=ulpfuzz authority" 2> "$authority/said" ||
  { cat "$authority/said" >&2; exit 2; }
openssl req "${key[@]}" -keyout "$folder/key.pem" -out "$authority/cert.csr" -subj "/CN=ulpfuzz" 2> "$authority/said" ||
  { cat "$authority/said" >&2; exit 2; }
openssl x509 -req -in "$authority/cert.csr" -CA "$folder/ca.pem" -CAkey "$authority/ca.key" -CAserial "$authority/serial" -CAcreateserial -out "$folder/cert.pem" -days "$days" \
  2> "$authority/said" || { cat "$authority/said" >&2; exit 2; }
echo "$folder: ca.pem, cert.pem, key.pem, for $days days"
