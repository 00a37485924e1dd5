# Reads until the server has closed the connection.
use strict;
use warnings;
use Getopt::Long qw(:config no_ignore_case);
use IO::Socket::IP;

my ($help, $verbose, $host, $port) = (0, 0, "localhost", 8083);
GetOptions("help" => \$help, "v|verbose" => \$verbose, "h|host=s" => \$host, "p|port=i" => \$port)
    or exit 2;
if ($help) {
    print "Usage: tcp_client [--help] [-v] [-h HOST] [-p PORT] FILE\n";
    print "  --host HOST, -h HOST\n  --port PORT, -p PORT\n  --verbose, -v\n";
    exit 0;
}
my $file = shift or die "FILE is missing\n";
my %actions = (uppercase => 1, lowercase => 2, reverse => 4, shuffle => 8, random => 16);
my $input = \*STDIN;
if ($file ne "-") {
    open($input, "<", $file) or die "$file: $!\n";
}
my $server = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port)
    or die "cannot connect: $@\n";
while (my $line = <$input>) {
    chomp $line;
    my ($action, $message) = split / /, $line, 2;
    print $server pack("N", $actions{$action} << 27 | length($message)), $message;
}
$server->flush();
while (read($server, my $header, 4)) {
    read($server, my $answer, unpack("N", $header));
    print "$answer\n";
}
