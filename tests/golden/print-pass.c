/* Reads lines "n c k" and prints pass@k and pass^k of each as hexadecimal floating-point numbers, which lose nothing.
 */
#include <vervet-stats.h>
#include <inttypes.h>
#include <stdio.h>

int
main (void)
{
  guint64 n, c, k;

  while (scanf ("%" SCNu64 " %" SCNu64 " %" SCNu64, &n, &c, &k) == 3)
    printf ("%a %a\n", vervet_pass_at_k (n, c, k), vervet_pass_hat_k (n, c, k));
  return 0;
}
