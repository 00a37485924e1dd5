# Writes the pickle by hand, in the protocol of 1996.
use strict;
use IO::Socket::INET;

my ($host, $port, @student) = ("127.0.0.1", 12000);
while (@ARGV) {
    my $word = shift;
    if    ($word eq "--host") { $host = shift }
    elsif ($word eq "--port") { $port = shift }
    else                      { push @student, $word }
}
my $server = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port) or die "ERROR: $@\n";
sysread $server, my $id, 4096;
printf "Got an id of %d bytes\n", length $id;
my @keys = ("student_name", "github_username", "sid");
syswrite $server, "(d" . join("", map { "V$keys[$_]\nV$student[$_]\ns" } 0 .. 2) . ".";
sysread $server, my $reply, 4096;
printf "Got a reply of %d bytes\n", length $reply;
