# restore.pl: says on the port microvm.restore that this machine is ready to become a template of memory, and waits. In a machine that was restored
# from it the host says one line, with random bytes of this machine alone and what else it has to know; that line is printed, without the
# bytes. The host plugs in what the machine has once it hears that they were taken: no driver draws a random number before.
use strict;
use warnings;
use Fcntl;

# Of linux/random.h: adds bytes to the kernel's pool and counts them, and has its generator begin anew from the pool.
my ($add_entropy, $reseed) = (0x40085203, 0x5207);

sub port_named {
  my ($wanted) = @_;
  for my $folder (glob '/sys/class/virtio-ports/*') {
    open(my $file, '<', "$folder/name") or next;
    return '/dev/' . ($folder =~ s{.*/}{}r) if (<$file> // '') eq "$wanted\n";
  }
  die "There is no port $wanted\n";
}

sub seed {
  my ($bytes) = @_;
  sysopen(my $random, '/dev/urandom', O_RDWR) or die "/dev/urandom: $!\n";
  ioctl($random, $add_entropy, pack('iia*', 8 * length $bytes, length $bytes, $bytes)) or die "The kernel takes no seed: $!\n";
  ioctl($random, $reseed, 0) or die "The kernel does not begin anew: $!\n";
}

sysopen(my $line, port_named('microvm.restore'), O_RDWR) or die "microvm.restore: $!\n";
syswrite $line, "waiting\n";
my $heard = '';
# While nobody is at the other end, there is nothing to read.
until ($heard =~ /\n/) { select(undef, undef, undef, 0.01) unless sysread($line, $heard, 4096, length $heard) }
$heard =~ s/ ?seed=([0-9a-f]{128})\b// or die "The host gave no seed\n";
seed(pack('H*', $1));
syswrite $line, "seeded\n";
print $heard;
