use strict;
use IO::Socket::INET;

my $stopped = 0;
$SIG{$_} = sub { $stopped = 1 } for qw(INT TERM QUIT);

my $port = $ARGV[0] // "";
unless ($port =~ /^\d+$/ && $port > 0 && $port < 65536) {
    print STDERR "ERROR: incorrect port\n";
    exit 1;
}
my $listener = IO::Socket::INET->new(
    LocalAddr => "0.0.0.0", LocalPort => $port, Listen => 10, ReuseAddr => 1);
unless ($listener) {
    print STDERR "ERROR: $@\n";
    exit 1;
}

# Reads at most so much; undef when ten seconds have passed.
sub receive {
    my ($client, $most) = @_;
    my $readable = "";
    vec($readable, fileno($client), 1) = 1;
    return undef unless select($readable, undef, undef, 10) > 0;
    return undef unless defined sysread($client, my $data, $most);
    return $data;
}

sub serve {
    my $client = shift;
    for my $wanted ("confirm-accio\r\n", "confirm-accio-again\r\n\r\n") {
        syswrite $client, "accio\r\n";
        my $received = "";
        while (length $received < length $wanted) {
            my $data = receive($client, length($wanted) - length($received));
            return undef unless length $data;
            $received .= $data;
        }
        return undef if $received ne $wanted;
    }
    my $count = 0;
    while (1) {
        my $data = receive($client, 65536);
        return undef unless defined $data;
        return $count if $data eq "";
        $count += length $data;
    }
}

$SIG{PIPE} = "IGNORE";
until ($stopped) {
    my $client = $listener->accept or next;
    my $count = serve($client);
    last if $stopped;
    print defined $count ? "$count\n" : "ERROR\n";
    close $client;
}
