use strict;
use warnings;
use IO::Socket::INET;

my ($host, $port) = @ARGV;
my $server = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port) or die "$@\n";
print "connected to $host\n";
while (read($server, my $message, 9) == 9) {
    my ($type, $rest) = unpack("a1 a8", $message);
    if ($type eq "S") {
        print "The secret is: $rest\n";
        exit 0;
    }
    my ($first, $second) = unpack("N N", $rest);
    print "$first + $second\n";
    syswrite($server, pack("N", $first + $second));
}
die "the server has closed the connection\n";
