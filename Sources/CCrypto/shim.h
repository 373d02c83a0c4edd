// The functions on a plain struct: they need no memory of their own, unlike those that are to replace them.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
